// One stream for all pages of a browser: over HTTP/1.1 it has six lines to a server, and each
// stream would hold one of them for good.
//
// A page says {join: number of the feed, visible}, {visible}, {hurry: true}, {leave: true}; it is
// told {event}, {status}.

import { Feed } from "./feed.js";

const KEPT = 2000; // events that a page which joins later is told of
const PATIENCE = 60_000; // milliseconds without a visible page until the stream is given back
const FORGOTTEN = 240_000; // a page that has not been heard of for so long is gone

const pages = new Map(); // port → {visible, heard}
let events = [];
let from = null; // the number after which `events` has all
let status = null;

const feed = new Feed({
  told: (event) => {
    events.push(event);
    if (events.length > KEPT) from = events.shift().id;
    tell({ event });
  },
  said: (now) => tell((status = { status: now })),
});

function tell(message) {
  for (const port of pages.keys()) port.postMessage(message);
}

function begin(after) {
  if (from == null || after < from) {
    from = after;
    events = [];
    feed.start(after);
  } else if (!feed.run) feed.start(feed.after);
}

let leaving = 0;
function look() {
  const now = Date.now();
  for (const [port, page] of pages) if (now - page.heard > FORGOTTEN) pages.delete(port);
  const isWatched = [...pages.values()].some(({ visible }) => visible);
  if (isWatched) {
    clearTimeout(leaving);
    leaving = 0;
    if (from != null && !feed.run && status?.status !== "out") feed.start(feed.after);
  } else if (!leaving && feed.run) {
    leaving = setTimeout(() => {
      leaving = 0;
      feed.stop();
      status = null;
    }, PATIENCE);
  }
}

function hear(port, said) {
  if (said.leave) pages.delete(port);
  else {
    const visible = said.visible ?? pages.get(port)?.visible ?? true;
    pages.set(port, { visible, heard: Date.now() });
  }
  if (said.join != null) {
    if (status?.status === "out") status = null;
    begin(said.join);
    if (status) port.postMessage(status);
    for (const event of events) if (event.id > said.join) port.postMessage({ event });
  }
  if (said.hurry) feed.hurry();
  look();
}

globalThis.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => hear(port, data);
};
setInterval(look, 60_000);
