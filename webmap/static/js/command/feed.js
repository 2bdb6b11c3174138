// A stream of the server's, read piece by piece, and taken up again wherever it broke off.
//
// Read by fetch and not by EventSource, which tells neither why a stream was refused nor that the
// line still stands: a proxy that holds everything back would look like a quiet night. Runs in a
// page or in the worker that several pages share, so it knows no page.

const FIRST = 10_000; // milliseconds until the first word: later comes only what somebody holds back
const SILENCE = 40_000; // the server says every 15 seconds that it is there
const AGAIN = [0, 1000, 2000, 4000, 8000, 15_000]; // pauses after the first, second … failure
const LIVED = 5000; // a stream that stood for so long was a good one
const LONGEST = 60_000; // between two attempts where the stream was held back

/** Calls `told({id, data})` for each event of that name, and `over()` when the server has ended it for good. */
export class Feed {
  /** `said` is told "live", "lost", "out" (signed out, or one of the statuses in `refused`). */
  constructor({ address = "/api/v1/cases/stream", event = "case", refused = [], told, over = () => {}, said }) {
    Object.assign(this, { address, event, refused: [401, 403, ...refused], told, over, said });
    this.after = null;
    this.run = null;
    this.failures = 0;
    this.heldBack = 0;
  }

  /** Begin after a number of the feed, or there again. */
  start(after) {
    this.after = after;
    this.stop();
    this._loop((this.run = { controller: new AbortController(), hurry: () => {} }));
  }

  stop() {
    this.run?.controller.abort();
    this.run?.hurry();
    this.run = null;
  }

  /** Somebody thinks that the line stands again: do not wait any longer. */
  hurry() {
    this.failures = this.heldBack = 0;
    this.run?.hurry();
  }

  async _loop(run) {
    const isOver = () => this.run !== run;
    while (!isOver()) {
      const begun = Date.now();
      const ended = await this._read(run, isOver);
      if (isOver() || ended === "out") return;
      if (Date.now() - begun > LIVED) this.failures = 0;
      // The server sends its viewers round now and then; then it stands, and nothing is lost.
      const isRound = ended === "end" && this.failures === 0;
      if (!isRound) this.said("lost");
      const pause = this.heldBack > 1 ? LONGEST : AGAIN[Math.min(this.failures, AGAIN.length - 1)];
      this.failures++;
      const wait = pause * (0.75 + Math.random() / 2); // so that not everybody comes at once
      await new Promise((done) => {
        const timer = setTimeout(done, wait);
        run.hurry = () => (clearTimeout(timer), done());
      });
    }
  }

  /** Read until it ends: "end" (the server's word), "lost" or "out". */
  async _read(run, isOver) {
    const controller = new AbortController();
    const stop = () => controller.abort();
    run.controller.signal.addEventListener("abort", stop);
    let watch = setTimeout(stop, FIRST);
    let heard = false;
    try {
      const response = await fetch(`${this.address}?after=${this.after}`, { headers: { Accept: "text/event-stream", "Last-Event-ID": String(this.after) }, cache: "no-store", credentials: "same-origin", signal: controller.signal });
      if (this.refused.includes(response.status)) {
        if (!isOver()) this.said("out");
        return "out";
      }
      if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) return "lost";
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (isOver()) return "end";
        if (done) return heard ? "end" : "lost";
        clearTimeout(watch);
        watch = setTimeout(stop, SILENCE);
        if (!heard) {
          heard = true;
          this.heldBack = 0;
          this.said("live");
        }
        const blocks = (text + value).split("\n\n");
        text = blocks.pop();
        for (const block of blocks) this._take(block);
      }
    } catch {
      if (!heard && controller.signal.aborted && !isOver()) this.heldBack++;
      return "lost";
    } finally {
      clearTimeout(watch);
      run.controller.signal.removeEventListener("abort", stop);
      controller.abort();
    }
  }

  _take(block) {
    const lines = {};
    for (const line of block.split("\n")) {
      const at = line.indexOf(": ");
      if (at > 0) lines[line.slice(0, at)] = line.slice(at + 2);
    }
    if (lines.event === "over") this.over();
    if (lines.event !== this.event) return;
    const id = Number(lines.id);
    if (id <= this.after) return;
    this.after = id;
    this.told({ id, data: lines.data });
  }
}
