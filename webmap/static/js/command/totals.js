// The cases of a period that has more than the page can hold: totals from the server's tiles, drawn
// as clusters are, by the same criteria.

import { get, withQuery } from "wangge/core/api.js";
import { queryOf } from "wangge/command/address.js";
import { PointLayer, zoomTo } from "wangge/layers/points.js";
import { Sheet } from "wangge/layers/stack.js";

const MARGIN = 0.15; // of the view, on each side
const PIXELS = 1; // from the drawn place of a case to where it is, at most

/** Criteria that tiles know; `to` is the first moment after, which an interval holds as its last. */
function asked(board) {
  const { category, source, state, area, from, to } = queryOf(board);
  const last = to && new Date(Date.parse(to) - 1).toISOString();
  return { category, source, state, area, datetime: from || last ? `${from ?? ".."}/${last ?? ".."}` : null };
}

/** Whether the criteria ask for more than totals can tell: hours and lateness. */
export function knowsLess({ criteria }) {
  return criteria.late || criteria.hours != null;
}

/** The totals of a board on a map. */
export class Totals {
  /** `open(id)` is called when a single case is clicked. */
  constructor(map, board, { tiles, pane, scale, open }) {
    Object.assign(this, { map, board, tiles, open });
    this.ids = [];
    this.selected = null;
    this.sheet = new Sheet("cases", { layer: "totals", tiles, pointLabels: true });
    this.layer = new PointLayer({ pane, categories: board.profile.categories, scale: scale() });
    this.layer.on("cluster", ({ box }) => zoomTo(map, box));
    this.layer.on("point", ({ index }) => this._open(index));
    this.turn = 0;
    map.on("moveend", () => this.isShown && this._load());
  }

  get isShown() {
    return this.map.hasLayer(this.layer);
  }

  /** Show what meets the criteria, or nothing. */
  async show(wanted, scale = 1) {
    if (!wanted) {
      this.turn++;
      this.layer.remove();
      return;
    }
    this.layer.options.scale = scale;
    this.layer.addTo(this.map);
    const address = withQuery(this.tiles, asked(this.board)).replaceAll("%7B", "{").replaceAll("%7D", "}");
    if (address !== this.sheet.tiles) this.sheet.change({ tiles: address });
    await this._load();
  }

  async _load() {
    const turn = ++this.turn;
    const none = [this.board.criteria.categories, this.board.criteria.sources, this.board.criteria.states].some((chosen) => chosen?.length === 0);
    const bounds = this.map.getBounds().pad(MARGIN);
    const corner = (place) => this.map.project(place, 0).divideBy(256);
    const [start, end] = [corner(bounds.getNorthWest()), corner(bounds.getSouthEast())];
    const found = none ? [] : await this.sheet.labelsIn([start.x, start.y, end.x, end.y], Math.round(this.map.getZoom()));
    if (turn !== this.turn) return;
    const position = new Map(this.board.profile.categories.map((term, i) => [term.key, i]));
    const open = new Set(this.board.profile.states.filter((term) => term.open).map((term) => term.key));
    const cases = {
      count: found.length,
      x: Float64Array.from(found, ({ x }) => x), y: Float64Array.from(found, ({ y }) => y),
      weights: Uint32Array.from(found, ({ props }) => props.count ?? 1),
      category: Uint8Array.from(found, ({ props }) => position.get(props.category) ?? 255),
      state: Uint8Array.from(found, ({ props }) => (open.has(props.state) ? 1 : 0)),
    };
    this.ids = found.map(({ id }) => id);
    this.layer.set(cases, Uint32Array.from(found.keys()), { isOpen: Uint8Array.of(0, 1), isLate: () => false });
    this.select(this.selected);
  }

  /** Mark the case of that number, if it is drawn as a point of its own. */
  select(id) {
    this.selected = id;
    const index = id == null ? -1 : this.ids.indexOf(id);
    this.layer.select(index < 0 ? null : index);
  }

  /** Open a single case; one that is the only one of a cell is asked for by its place. */
  async _open(index) {
    const id = this.ids[index] ?? (await this._only(index));
    if (id != null) this.open(id);
  }

  async _only(index) {
    const { x, y } = this.layer.cases;
    const half = PIXELS / 256 / 2 ** this.map.getZoom();
    const corner = (signX, signY) => this.map.unproject([(x[index] + signX * half) * 256, (y[index] + signY * half) * 256], 0);
    const [southWest, northEast] = [corner(-1, 1), corner(1, -1)];
    const bbox = [southWest.lng, southWest.lat, northEast.lng, northEast.lat].join(",");
    const found = await get(withQuery("/api/v1/cases", { ...queryOf(this.board), overdue: null, hours: null, bbox, limit: 1 })).catch(() => null);
    return found?.cases[0]?.id;
  }
}
