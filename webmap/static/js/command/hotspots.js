// Hotspots on the command centre: asked of the server for what is filtered, drawn, listed.

import { get, post } from "wangge/core/api.js";
import { settled } from "wangge/core/dom.js";
import { setState, state } from "wangge/core/state.js";
import { token } from "wangge/core/theme.js";
import { queryOf } from "wangge/command/address.js";
import { degreeOf, HotspotPanel, legendOf, tipOf } from "wangge/command/hotspot_panel.js";
import { HotCells, STRENGTH } from "wangge/layers/hotcells.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

const L = globalThis.L;
const CELLS = [150, 250, 500, 1000];
const EARLIER = [0, 3, 6, 12];
const FIRST = { by: "cells", cell: 250, base: "cases", earlier: 6, counted: "cases" };
const POLL = 500; // milliseconds between two looks at a job

/**
 * The hotspots of a board. `tiles` are addresses of "area", "grid" and "compound"; `choose(members)`
 * gets the positions of a hotspot's cases, null for none; `fly(box)` goes to a box of the world.
 */
export class Hotspots {
  constructor({ box, map, board, levels, tiles, pane, scale, choose, fly, changed }) {
    Object.assign(this, { map, board, choose, fly, changed });
    this.levels = levels;
    this.isShown = false;
    this.answer = null;
    this.asked = null; // the query that was answered, or is under way
    this.chosen = null;
    this.layer = new HotCells({ pane, scale: scale() });
    this.tip = L.tooltip({ direction: "top", offset: [0, -8], className: "hot-tip", opacity: 1 });
    this.now = { ...FIRST };
    this._read();
    this.panel = new HotspotPanel(box, {
      cells: CELLS, earlier: EARLIER, levels, timezone: board.profile.timezone, now: () => this.now, set: (changes) => this._set(changes), pick: (id) => this.pick(id), stop: () => this._stop(), again: () => this.ask({ anew: true }),
    });
    this._sheets(tiles);
    this.askSoon = settled(() => this.ask(), 350);
    board.on((what) => {
      if (!this.isShown) return;
      if (["data", "criteria", "window"].includes(what)) this.askSoon();
      else if (what === "live") this.panel.sayStale();
    });
    map.on("mousemove", ({ latlng }) => this._point(latlng));
    map.on("click", ({ latlng }) => this._point(latlng, { tapped: true }));
    map.on("mouseout movestart", () => this.tip.remove());
  }

  _read() {
    const { hot = "", cell, per, earlier, counted } = state();
    const known = ["cells", "grid", "compound", ...this.levels.map(({ key }) => key)];
    if (known.includes(hot)) this.now.by = hot;
    if (CELLS.includes(Number(cell))) this.now.cell = Number(cell);
    if (per === "households") this.now.base = per;
    if (counted === "reports") this.now.counted = counted;
    if (EARLIER.includes(Number(earlier)) && earlier) this.now.earlier = Number(earlier);
  }

  _set(changes) {
    Object.assign(this.now, changes);
    this._keep();
    this.panel.build();
    this.ask();
  }

  _keep() {
    const { by, cell, base, earlier, counted } = this.now;
    setState({
      hot: by === FIRST.by ? null : by, cell: cell === FIRST.cell ? null : cell,
      per: base === FIRST.base ? null : base, earlier: earlier === FIRST.earlier ? null : earlier,
      counted: counted === FIRST.counted ? null : counted,
    });
  }

  _sheets(tiles) {
    this.classes = new Map();
    this.sheets = {};
    for (const [by, address] of Object.entries(tiles)) {
      const sheet = new Sheet(`${by}s`, {
        layer: "hotspots", tiles: address, visible: false, order: 15, pickable: true, minZoom: by === "area" ? 0 : 10,
        style: (props, look) => this._style(props, look),
      });
      this.sheets[by] = stackOf(this.map).add(sheet);
    }
  }

  _style(props, { hovered }) {
    const i = this.classes.get(props.code);
    if (i == null) return null;
    const degree = degreeOf(this.answer.cells, i);
    const isChosen = this.chosen?.cells.includes(props.code);
    const line = isChosen || hovered ? token("--map-label") : degree ? token(degree > 0 ? "--hot" : "--cold") : token("--map-unknown");
    const width = isChosen ? 3 : hovered ? 2 : Math.max(1, Math.abs(degree));
    if (!degree) return { fill: token("--map-unknown"), alpha: 0.14, line, width: isChosen || hovered ? width : 0.5 };
    return { fill: token(degree > 0 ? "--hot" : "--cold"), alpha: STRENGTH[Math.abs(degree)], line, width, dash: degree < 0 ? [4, 3] : null };
  }

  /** Which kind of tiles holds the places that are tested; null for cells. */
  get _tiled() {
    if (!this.answer || this.answer.by === "cells") return null;
    return ["grid", "compound"].includes(this.answer.by) ? this.answer.by : "area";
  }

  show() {
    if (!this.isShown) {
      this.isShown = true;
      this.layer.addTo(this.map);
      this._keep();
      this.ask();
    }
    this._draw();
  }

  hide() {
    if (!this.isShown) return;
    this.isShown = false;
    this.pick(null);
    this.tip.remove();
    this.layer.remove();
    for (const sheet of Object.values(this.sheets)) sheet.show(false);
    setState({ hot: null, cell: null, per: null, earlier: null, counted: null });
  }

  _query() {
    const { board, now } = this;
    const query = queryOf(board);
    const from = query.from ?? new Date(board.span()[0] * 60000).toISOString();
    return { ...query, from, by: now.by, cell: now.cell, base: now.base, earlier: now.earlier, each_report: now.counted === "reports" || null };
  }

  /** Ask for the hotspots of what is filtered; `anew` even if that was asked already. */
  async ask({ anew = false } = {}) {
    if (!this.isShown || !this.board.cases) return;
    const query = this._query();
    const asked = JSON.stringify(query);
    if (!anew && asked === this.asked) return;
    this.asked = asked;
    this.stopper?.abort();
    this._stop().catch(() => {}); // what nobody waits for any more; it may be over
    const { signal } = (this.stopper = new AbortController());
    this.panel.sayBusy(0, "");
    try {
      const found = await get("/api/v1/hotspots", query, { signal });
      const answer = found.cells ? found : await this._wait(found, signal);
      if (signal.aborted) return;
      this._take(answer);
    } catch (problem) {
      if (signal.aborted || problem.name === "AbortError") return;
      this.asked = null;
      this.panel.sayFailed(problem);
    }
  }

  /** Wait for the end of a job; its report is the answer. */
  async _wait(job, signal) {
    this.job = job.id;
    let seen = job;
    while (["waiting", "running"].includes(seen.state)) {
      this.panel.sayBusy(seen.done, seen.stage, { mayStop: true });
      await new Promise((done) => setTimeout(done, POLL));
      seen = await get(`/api/v1/jobs/${job.id}`, {}, { signal });
    }
    if (this.job === job.id) this.job = null;
    if (seen.state === "done") return seen.report;
    if (seen.state === "cancelled") throw Object.assign(new Error(""), { isStopped: true });
    throw new Error(seen.problem?.detail ?? "");
  }

  async _stop() {
    const { job } = this;
    this.job = null;
    if (job) await post(`/api/v1/jobs/${job}/cancel`);
  }

  _take(answer) {
    this.answer = answer;
    this.chosen = null;
    this.choose(null);
    this.classes = new Map(answer.cells.code?.map((code, i) => [code, i]));
    this.layer.set(answer.cells, answer.hotspots.map((spot) => ({ id: spot.id, isGone: spot.trend === "gone", ...this._world([spot.lon, spot.lat]) })));
    this.panel.show(answer);
    this._draw();
    this.changed();
    performance.mark("wangge-hotspots-shown");
  }

  _draw() {
    for (const [by, sheet] of Object.entries(this.sheets)) {
      const isMeant = this.isShown && by === this._tiled;
      sheet.show(isMeant);
      if (isMeant) sheet.stack?.redrawSoon();
    }
  }

  _world([lon, lat]) {
    const { x, y } = this.map.project([lat, lon], 0);
    return { x: x / 256, y: y / 256 };
  }

  /** Choose a hotspot ("h1") or a flare-up ("c1"): go there and list its cases; null: none. */
  pick(id) {
    const rows = id?.startsWith("c") ? this.answer?.clusters : this.answer?.hotspots;
    this.chosen = (id && rows?.find((row) => row.id === Number(id.slice(1)))) || null;
    this.panel.mark(this.chosen ? id : null);
    if (this.answer?.cells.code) this._draw();
    else this.layer.choose(this.chosen ? this._positions(this.chosen.cells) : null);
    this.choose(this.chosen ? this._members(this.chosen) : null);
    if (!this.chosen) return;
    const [west, south, east, north] = this.chosen.bbox;
    const [low, high] = [this._world([west, south]), this._world([east, north])];
    this.fly({ west: low.x, south: low.y, east: high.x, north: high.y });
  }

  /** Positions of cells by the ids that hotspots give: row and column in one number. */
  _positions(ids) {
    return ids.map((id) => this.layer.places.get(`${(id % 2 ** 25) - 2 ** 24} ${Math.floor(id / 2 ** 25) - 2 ** 24}`)).filter((i) => i != null);
  }

  /** Positions of the cases in a hotspot that pass the filters. */
  _members({ cells }) {
    const { board, layer, answer } = this;
    const { x, y, area, grid, compound } = board.cases;
    if (answer.cells.code) {
      const places = board._places(cells);
      return Array.from(board.shown).filter((i) => places.area.has(area[i]) || places.grid.has(grid[i]) || places.compound.has(compound[i]));
    }
    const wanted = new Set(this._positions(cells));
    return Array.from(board.shown).filter((i) => x[i] >= 0 && wanted.has(layer.at(x[i], y[i])));
  }

  /** Tell of the cell under the pointer; a tap also chooses its hotspot. */
  async _point(latlng, { tapped = false } = {}) {
    if (!this.isShown || !this.answer) return;
    const i = await this._at(latlng);
    if (i == null || i < 0) return this.tip.remove();
    if (tapped && this.answer.cells.hotspot[i]) this.pick(`h${this.answer.cells.hotspot[i]}`);
    this.tip.setLatLng(latlng).setContent(tipOf(this.answer, i, (code) => this._nameOf(code)));
    if (!this.map.hasLayer(this.tip)) this.tip.addTo(this.map);
  }

  async _at(latlng) {
    const { x, y } = this._world([latlng.lng, latlng.lat]);
    if (!this._tiled) return this.layer.at(x, y);
    const found = await stackOf(this.map).at(latlng);
    const hit = found.find(({ sheet }) => sheet.layer === "hotspots");
    return hit && this.classes.get(hit.shape.code);
  }

  _nameOf(code) {
    const places = Object.values(this.board.cases.header.places ?? {});
    for (const { code: codes, name } of places) {
      const at = codes?.indexOf(code) ?? -1;
      if (at >= 0) return name[at];
    }
    return code;
  }

  /** What the marks mean, for the page's legend. */
  legend() {
    return legendOf(this.answer);
  }
}
