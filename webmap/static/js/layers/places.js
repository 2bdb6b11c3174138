// The layers of a district as sheets: areas, grids, compounds, buildings, gates, facilities, streets.
//
// An element of the page calls `add(map, options)`; `options` come from Python:
//   layer    one of these names
//   tiles    address of vector tiles, or
//   data     a GeoJSON FeatureCollection
//   colours  key → colour (compound types)
//   outlined compounds without their fill, above a choropleth
//   circles  keys of facility kinds that count as stations
//   levels   keys of the levels of areas, the largest first
//   visible  drawn at once

import { onDay } from "wangge/core/state.js";
import { token } from "wangge/core/theme.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

const STREETS = {
  motorway: [5, 5], trunk: [5, 5], primary: [4.5, 5], secondary: [3.5, 4], tertiary: [2.5, 3.2],
  unclassified: [1.4, 2.4], residential: [1.4, 2.4], living_street: [1.2, 2.2], service: [0.8, 1.6],
};
const ON_FOOT = new Set(["footway", "path", "pedestrian", "steps", "cycleway", "track", "bridleway"]);
const WATER = new Set(["river", "stream", "canal", "water", "drain"]);
const CARRIAGEWAY = 0.8; // share of a street's width that is drawn near: the rest is its footways
const RAIL = new Set(["rail", "railway", "subway", "light_rail", "tram"]);

/** Wider when nearer: `base` pixels at zoom 14, 1.45 times as much with each zoom. */
function grown(base, zoom, most = Infinity) {
  return Math.min(most, base * 1.45 ** (zoom - 14));
}

const STYLES = {
  streets: () => (props, { zoom, metre, selected }) => {
    const kind = String(props.kind ?? "").replace(/_link$/, "");
    if (WATER.has(kind)) return null; // below all else, by its own pass
    const line = selected ? token("--accent") : null;
    if (RAIL.has(kind)) return { line: line ?? token("--map-rail"), width: 1.2, dash: [6, 4] };
    if (ON_FOOT.has(kind)) {
      return zoom < 16 ? null : { line: line ?? token("--map-path"), width: 1.2, dash: [3, 3] };
    }
    const [thin] = STREETS[kind] ?? STREETS.residential;
    if (zoom < 13 && thin < 1.5) return null;
    if (zoom < 14 && thin < 1) return null;
    const drawn = Math.max(0.6, grown(thin, zoom, 26));
    const width = zoom < 15 ? drawn : Math.max(drawn, (props.width_m ?? 0) * CARRIAGEWAY * metre);
    const casing = zoom >= 14 ? token("--map-street-casing") : null;
    return { line: line ?? token("--map-street"), width, casing, casingWidth: 0.75 };
  },

  areas: ({ levels = ["county", "street_office", "community"] }) => (props, { selected, hovered, isBased }) => {
    const rank = levels.length - 1 - levels.indexOf(props.level); // 0: the smallest
    if (selected) return { fill: token("--accent"), alpha: 0.06, line: token("--accent"), width: 3, halo: token("--map-halo") };
    if (rank > 0) return null;
    return { fill: hovered ? token("--accent") : token("--map-area"), alpha: hovered ? 0.07 : isBased ? 0 : 1 };
  },

  grids: () => (props, { zoom, selected, hovered }) => {
    if (selected) return { fill: token("--accent"), alpha: 0.12, line: token("--accent"), width: 3, halo: token("--map-halo") };
    const line = token("--map-grid");
    return { fill: hovered ? token("--accent") : "transparent", alpha: 0.08, line, width: zoom < 14 ? 0.7 : 1.2 };
  },

  compounds: ({ colours = {}, outlined = false }) => (props, { zoom, selected, hovered }) => {
    const fill = outlined ? "transparent" : colours[props.type] ?? token("--map-unknown");
    if (selected) return { fill, alpha: 0.75, line: token("--accent"), width: 3, halo: token("--map-halo") };
    const alpha = (hovered ? 0.75 : 0.5);
    return { fill, alpha, line: token("--map-compound-line"), width: zoom < 14 ? 0 : 0.8, dash: props.closed === false ? [4, 3] : null };
  },

  buildings: () => (props, { zoom, selected, hovered }) => {
    if (selected) return { fill: token("--accent"), alpha: 0.5, line: token("--accent"), width: 2 };
    return { fill: token("--map-building"), alpha: hovered ? 1 : 0.8, line: token("--map-building-line"), width: zoom < 16 ? 0 : 0.7 };
  },

  gates: () => (_props, { zoom, selected, hovered }) => {
    const radius = (zoom < 16 ? 2.4 : 3.4) + (selected || hovered ? 1.6 : 0);
    return { radius, fill: token("--map-halo"), line: selected ? token("--accent") : token("--map-gate"), width: selected ? 3 : 2 };
  },

  facilities: ({ circles = [] }) => (props, { zoom, selected, hovered }) => {
    const isStation = circles.includes(props.kind);
    const radius = (isStation ? 4.2 : 2.8) * (zoom < 13 ? 0.7 : zoom > 15 ? 1.35 : 1) + (selected || hovered ? 1.6 : 0);
    if (!isStation && zoom < 13) return null;
    const line = selected ? token("--accent") : token("--map-halo");
    return { radius, fill: isStation ? token("--map-station") : token("--map-facility"), line, width: selected ? 3 : 1.4 };
  },
};

/** Water, below all else and as wide as it is where that is known. */
function water(props, { zoom, metre, selected, isGround }) {
  const kind = String(props.kind ?? "").replace(/_link$/, "");
  if (!WATER.has(kind)) return null;
  const colour = selected ? token("--accent") : token("--map-water");
  const known = Number(props.width_m) * metre;
  const guessed = kind === "river" ? grown(7, zoom, 60) : grown(1.6, zoom, 12);
  // tiles bring water of known width as ground: the line round it keeps it visible from far
  const width = !(known > 0) ? guessed : !isGround ? Math.max(1.5, known) : known < 1.5 ? 1.5 : 0.75;
  return { fill: colour, alpha: 1, line: colour, width };
}

/** Borders of areas, above the grids: the larger the area, the stronger. */
function borders({ levels = ["county", "street_office", "community"] }) {
  return (props, { zoom, selected }) => {
    if (selected) return null;
    const rank = levels.length - 1 - levels.indexOf(props.level);
    if (rank === 0) return { line: token("--map-border"), width: zoom < 12 ? 0.6 : zoom < 14 ? 1.1 : 1.6 };
    if (zoom < 10 && rank === 1) return { line: token("--map-border-strong"), width: 0.8 };
    return { line: token("--map-border-strong"), width: rank === 1 ? 2.2 : 3 };
  };
}

const ORDER = { areas: 10, compounds: 20, buildings: 30, streets: 40, grids: 50, gates: 80, facilities: 90 };
const MIN_ZOOM = { buildings: 15, compounds: 11, streets: 10, grids: 11, gates: 15, facilities: 10 };

/** Put one layer of the district on the map; gives its sheet. */
export function add(map, options) {
  const { layer, tiles, data, visible = true } = options;
  const sheet = new Sheet(options.key ?? layer, {
    layer,
    tiles: tiles && onDay(tiles),
    data,
    visible,
    order: options.order ?? ORDER[layer] ?? 60,
    minZoom: options.minZoom ?? MIN_ZOOM[layer] ?? 0,
    pickable: options.pickable ?? layer !== "streets",
    casing: layer === "streets",
    style: STYLES[layer](options),
    passes: { areas: [{ order: 55, style: borders(options) }], streets: [{ order: 15, style: water }] }[layer] ?? [],
  });
  /** Draw facilities of other kinds as those that count. */
  sheet.setCounted = (circles) => sheet.change({ style: STYLES.facilities({ ...options, circles }) });
  return stackOf(map).add(sheet);
}
