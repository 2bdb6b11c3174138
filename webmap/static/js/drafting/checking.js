// When the whole of a draft is looked at again: soon after a step, however many follow it.
//
// The answer of a step has the findings of the grids that it changed, and they are shown at once.
// What only the whole can tell is asked for after a moment's rest, at the latest so long after the
// first step that was not looked at; one question at a time, and between two of them the server has
// as long for steps as the last one took it.

const REST = 400; // milliseconds without a step
const LATEST = 1500; // since the first step that was not looked at

export class Checking {
  constructor(draft) {
    this.draft = draft;
    this.first = null; // when the first step was done that was not looked at
    this.isAsking = false;
    this.ended = -Infinity;
    this.took = 0;
    this.timer = 0;
  }

  /** Something was changed. */
  soon() {
    const now = performance.now();
    this.first ??= now;
    const due = Math.max(Math.min(now + REST, this.first + LATEST), this.ended + this.took);
    clearTimeout(this.timer);
    if (!this.isAsking) this.timer = setTimeout(() => this.ask(), due - now);
  }

  /** The draft is put away. */
  stop() {
    clearTimeout(this.timer);
    this.isStopped = true;
  }

  async ask() {
    if (this.isStopped || this.isAsking) return;
    this.isAsking = true;
    this.first = null;
    const began = performance.now();
    try {
      await this.draft.check();
    } catch {
      // What is shown stays; the next step asks again.
    }
    this.ended = performance.now();
    this.took = this.ended - began;
    this.isAsking = false;
    if (this.first !== null) this.soon();
  }
}
