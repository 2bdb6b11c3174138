// The worker in which a drawing is tried out. Workers have no import map: all addresses are relative,
// so that they keep the digest in the address of this file.

import "../../../vendor/jsts/jsts.js";
import { Ground } from "./ground.js";
import { draw, Refusal, reshape, split } from "./outcomes.js";
import { drag } from "./pulling.js";

const WAYS = { draw, split, reshape, drag };
let ground = new Ground();

const takes = {
  begin: () => (ground = new Ground()),
  units: ({ units, gone }) => ground.take(units, gone),
  homes: ({ address }) => fetchHomes(address),
  locks: ({ locked }) => (ground.locked = new Set(locked)),
  ask: ({ turn, key, given }) => {
    const began = performance.now();
    postMessage({ turn, key, ...answerOf(key, given), took: performance.now() - began });
  },
};

/** Who lives where; without it households go by area, and are said to be about so many. */
async function fetchHomes(address) {
  const mine = ground;
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (answer?.ok) mine.house((await answer.json()).homes);
  postMessage({ housed: Boolean(answer?.ok) });
}

function answerOf(key, given) {
  try {
    return WAYS[key](ground, given) ?? {};
  } catch (error) {
    return error instanceof Refusal ? { refusal: error.reason } : { failed: String(error) };
  }
}

addEventListener("message", ({ data }) => takes[data.kind](data));
postMessage({ ready: true });
