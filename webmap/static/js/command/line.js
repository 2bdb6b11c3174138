// The page's line to what happens: through the worker that all pages of the browser share, or its
// own where a browser has no such workers.

import { Feed } from "wangge/command/feed.js";

const WORKER = () => import.meta.resolve("wangge/command/shared.js");
const HEARTBEAT = 60_000;
const PATIENCE = 60_000; // milliseconds that a hidden page keeps a stream of its own

/** Calls `told({id, data})` and `said(status)`, see feed.js. */
export class Line {
  constructor({ told, said }) {
    Object.assign(this, { told, said });
    this.send = typeof SharedWorker === "function" ? this._shared() : this._own();
    document.addEventListener("visibilitychange", () => this.send({ visible: !document.hidden }));
    addEventListener("online", () => this.send({ hurry: true }));
    addEventListener("pagehide", () => this.send({ leave: true }));
    addEventListener("pageshow", (event) => event.persisted && this.after != null && this.begin(this.after));
    setInterval(() => this.after != null && this.send({ visible: !document.hidden }), HEARTBEAT);
  }

  /** Hear all that comes after a number of the feed. */
  begin(after) {
    this.after = after;
    this.send({ join: after, visible: !document.hidden });
  }

  /** What happened up to that number is known otherwise: it is not told again. */
  passed(number) {
    if (this.after != null && number > this.after) this.after = number;
  }

  hurry() {
    this.send({ hurry: true });
  }

  _heard({ event, status }) {
    if (event && event.id > this.after) {
      this.after = event.id;
      this.told(event);
    }
    if (status) this.said(status);
  }

  _shared() {
    const worker = new SharedWorker(WORKER(), { type: "module", name: "wangge-cases" });
    worker.port.onmessage = ({ data }) => this._heard(data);
    worker.onerror = () => {
      this.send = this._own(); // it could not be loaded
      if (this.after != null) this.begin(this.after);
    };
    return (said) => worker.port.postMessage(said);
  }

  _own() {
    const feed = new Feed({
      told: (event) => this._heard({ event }),
      said: (status) => this._heard({ status }),
    });
    let leaving = 0;
    return (said) => {
      if (said.join != null) feed.start(said.join);
      if (said.hurry) feed.hurry();
      if (said.leave) feed.stop();
      if (!("visible" in said)) return;
      clearTimeout(leaving);
      if (said.visible && !feed.run && feed.after != null) feed.start(feed.after);
      if (!said.visible) leaving = setTimeout(() => feed.stop(), PATIENCE);
    };
  }
}
