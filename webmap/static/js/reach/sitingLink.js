// A siting in the address bar: what is asked, the points that are clicked, the job that answered, the places as moved.

import { setState, state } from "wangge/core/state.js";
import { WEIGHTS } from "wangge/reach/wish.js";

export const MODELS = ["cover", "cover_all", "walk"];
export const SOURCES = ["compounds", "corners", "rooms", "points"];
/** Until when is searched: a gap that is good enough, and seconds. */
export const UNTIL = { proof: [0, 30], long: [0, 120], near: [0.01, 30], about: [0.05, 30] };
const MOST_POINTS = 200; // more make an address that no browser takes; the job has them
const DEFAULTS = { model: "cover", count: "5", weight: "households", candidates: "compounds", kinds: "usual", area: "", until: "proof" };

/** What is asked as the form has it: plain strings. What makes no sense in an address is passed over. */
export function readQuestion({ walkers, minutes, kinds, areas }) {
  const now = state();
  const said = (name) => now[`siting.${name}`];
  const oneOf = (name, known) => (known.includes(said(name)) ? said(name) : DEFAULTS[name]);
  const number = (name, low, high, other) => (Number(said(name)) >= low && Number(said(name)) <= high ? said(name) : other);
  return {
    model: oneOf("model", MODELS),
    count: number("count", 1, 200, DEFAULTS.count),
    minutes: number("minutes", 1, 120, String(minutes)),
    walker: walkers.includes(said("walker")) ? said("walker") : walkers[0],
    weight: oneOf("weight", WEIGHTS),
    candidates: oneOf("candidates", SOURCES),
    kinds: oneOf("kinds", ["usual", "none", ...kinds]),
    area: areas.includes(said("area")) ? said("area") : "",
    until: oneOf("until", Object.keys(UNTIL)),
  };
}

/** Keep what is asked in the address; what is usual is left out. */
export function keepQuestion(question, usual) {
  const plain = { ...DEFAULTS, minutes: String(usual.minutes), walker: usual.walkers[0] };
  setState(Object.fromEntries(Object.entries(question).map(([name, value]) => [`siting.${name}`, String(value) === plain[name] ? null : String(value)])));
}

/** What is shown: the job, which point of its curve, and the places where these are moved. */
export function readShown() {
  const now = state();
  return { job: Number(now["siting.job"]) || null, curve: now["siting.curve"] == null ? null : Number(now["siting.curve"]), places: spotsOf(now["siting.places"]) };
}

export function keepShown({ job = null, curve = null, places = null }) {
  setState({ "siting.job": job, "siting.curve": curve, "siting.places": places && (textOf(places) || "none") });
}

export const readPoints = () => spotsOf(state()["siting.points"]) ?? [];
export const keepPoints = (points) => setState({ "siting.points": textOf(points.slice(0, MOST_POINTS)) });

/** Nothing of a siting stays in the address. */
export function forget() {
  setState(Object.fromEntries(Object.keys(state()).filter((key) => key === "siting" || key.startsWith("siting.")).map((key) => [key, null])));
}

const textOf = (spots) => spots.map((spot) => spot.map((value) => Number(value.toFixed(6))).join()).join("_");

/** Places of an address; null: it has none. "none" are no places. */
function spotsOf(text) {
  if (!text) return null;
  if (text === "none") return [];
  const spots = text.split("_").map((one) => one.split(",").map(Number));
  return spots.every(([lon, lat, ...more]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90 && !more.length) ? spots : null;
}
