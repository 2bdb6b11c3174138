// The tools of the workbench: one is held at a time, each has a letter, Esc puts it away.

import { h, fill } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";
import { Dragging } from "wangge/drafting/dragging.js";
import { Handing } from "wangge/drafting/handing.js";
import { Outcome } from "wangge/drafting/outcome.js";
import { Sketching } from "wangge/drafting/sketching.js";
import { Trial } from "wangge/drafting/trying.js";
import { toolButton } from "wangge/operations/measuring.js";
import { stackOf } from "wangge/layers/stack.js";

const SIGNS = {
  choose: "M3 2l9 5-4 1.200L6 12z",
  draw: "M3 4l9-2 2 8-7 4-5-3zM7 8h3M8.500 6.500v3",
  split: "M2.500 2.500h11v11h-11zM5 14.500 11 1.500",
  merge: "M2 3h5v10H2zM9 3h5v10H9zM5 8h6M9.500 6.500 11 8 9.500 9.500",
  reshape: "M2 12C5 12 5 4 8 4s3 8 6 8M8 2.500v3",
  assign: "M2 3h7v10H2zM7 8h7M11.500 5.500 14 8l-2.500 2.500",
  lock: "M3.500 7h9v6.500h-9zM5.500 7V5a2.500 2.500 0 0 1 5 0v2",
  rename: "M3 13l1-3 7-7 2 2-7 7zM9.500 4.500l2 2",
  undo: "M3 6h7a3 3 0 0 1 0 6H6M3 6l3-3M3 6l3 3",
  remark: "M2.500 3h11v8H8l-3.500 3v-3h-2z",
  redo: "M13 6H6a3 3 0 0 0 0 6h4M13 6l-3-3M13 6l-3 3",
};

const BY_KEYS = new Set(["Enter", " ", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]); // the middle of the map is meant

export class Tools {
  constructor(planner, bench) {
    Object.assign(this, { planner, bench });
    this.bar = document.getElementById("draft-tools");
    this.told = document.getElementById("draft-told");
    this.held = "choose";
    this.sketching = new Sketching(planner.map);
    this.handing = new Handing(planner.map, bench.picture, {
      target: () => bench.selected[0] ?? null,
      hand: (units) => this.hand(units),
      change: (units) => this.tellChosen(units),
    });
    this.dragging = new Dragging(planner.map, bench, {
      change: (from, to) => this.trial.ask("drag", { from, to }),
      rest: () => this.trial.clear(),
      say: (sentence) => this.tellPoint(sentence),
    });
    this.outcome = new Outcome(planner, bench);
    this.trial = new Trial((answer) => this.foretell(answer));
    this.names = {
      choose: [t("Select"), "V"],
      draw: [t("Draw"), "D"],
      split: [t("Split"), "S"],
      merge: [t("Merge"), "M"],
      reshape: [t("Reshape"), "R"],
      assign: [t("Hand over"), "A"],
      lock: [t("Lock"), "K"],
      rename: [t("Rename"), "N"],
      remark: [t("Remark"), "C"],
      undo: [t("Undo"), "Ctrl-Z"],
      redo: [t("Redo"), "Ctrl-Shift-Z"],
    };
    this.buttons = Object.fromEntries(Object.entries(this.names).map(([key, [name, letter]]) => {
      const button = toolButton(name, SIGNS[key], letter);
      button.dataset.tool = key;
      button.addEventListener("click", () => this.press(key));
      return [key, button];
    }));
    planner.map.on("click", (event) => this.clicked(event));
    document.addEventListener("keydown", (event) => bench.draft && this.key(event));
    new ResizeObserver(() => document.body.style.setProperty("--tools", `${this.bar.offsetHeight}px`)).observe(this.bar);
    const box = planner.map.getContainer();
    box.addEventListener("keydown", ({ key }) => box.classList.toggle("by-keys", BY_KEYS.has(key) || box.classList.contains("by-keys")));
    box.addEventListener("keyup", ({ key }) => key === "Tab" && box.classList.add("by-keys"));
    box.addEventListener("pointerdown", () => box.classList.remove("by-keys"), true);
    box.addEventListener("pointermove", (event) => this.stepAside(event));
  }

  open() {
    const mayDraw = this.bench.draft.isOpen && !this.bench.isNarrow;
    this.bar.hidden = false;
    fill(
      this.bar,
      mayDraw
        ? [...["choose", "draw", "split", "merge", "reshape", "assign", "lock", "rename", "remark"].map((key) => this.buttons[key]), h("span.tools-gap"), this.buttons.undo, this.buttons.redo]
        : [h("p.small.tools-words", {}, this.whyNot()), this.buttons.remark],
    );
    this.hold("choose");
  }

  /** Why nothing can be drawn. */
  whyNot() {
    const { draft } = this.bench;
    if (!draft.rights.draw) return t("This draft is shared with you for reading: look, select and remark on it.");
    if (draft.isOpen) return t("This screen is too narrow to draw on; look, select and read here, draw on a wider one.");
    return t("This draft is published: it can be looked at. Copy it to go on drawing.");
  }

  close() {
    this.put();
    this.trial.end();
    this.bar.hidden = true;
    this.told.hidden = true;
  }

  press(key) {
    if (key === "undo" || key === "redo" || key === "lock") return this.bench[key]();
    if (key === "rename") return this.bench.selected.length ? this.bench.panel.rename() : this.say(t("Select a grid first."));
    if (key === "merge" && this.bench.selected.length > 1) return this.bench.merge();
    return this.hold(this.held === key ? "choose" : key);
  }

  /** Whether a line is begun, or ground being chosen. */
  get isDrawing() {
    return this.sketching.isBegun || this.handing.chosen !== null;
  }

  /** Put what is held away. */
  put() {
    this.sketching.stop();
    this.handing.stop();
    this.dragging.stop();
    this.trial.clear();
    this.bench.remarks.stop();
    this.bench.picture.showUnits(false);
    this.planner.map.getContainer().classList.remove("drafting-aims");
    this.planner.map.doubleClickZoom.enable();
    stackOf(this.planner.map).paused = false;
  }

  hold(key) {
    if (key !== "choose") this.planner.measuring.leave();
    this.put();
    this.held = key;
    const { map } = this.planner;
    if (["draw", "split", "reshape"].includes(key)) {
      map.doubleClickZoom.disable();
      stackOf(map).paused = true;
      this.trial.begin(this.bench.draft);
      this.sketch(key);
    } else if (key === "assign") {
      this.bench.picture.showUnits(true);
      this.handing.start();
      map.getContainer().classList.toggle("drafting-aims", this.handing.way !== "click");
    }
    if (key === "remark") this.bench.remarks.aim();
    this.refresh();
  }

  refresh() {
    const { draft, selected } = this.bench;
    if (!draft) return;
    for (const [key, button] of Object.entries(this.buttons)) button.setAttribute("aria-pressed", String(key === this.held));
    this.buttons.undo.setAttribute("aria-disabled", String(!draft.info.can_undo));
    this.buttons.redo.setAttribute("aria-disabled", String(!draft.info.can_redo));
    this.buttons.lock.setAttribute("aria-disabled", String(!selected.length));
    this.buttons.rename.setAttribute("aria-disabled", String(!selected.length));
    if (this.held === "reshape") this.dragging.start();
    this.hint();
  }

  // ── what to do next ────────────────────────────────────────────────────────────────────────

  hint() {
    const chosen = this.bench.selected.length;
    const ends = t("Double click or Enter ends, Backspace takes a point back, Esc leaves.");
    const words = {
      choose: null,
      draw: [t("Draw the new grid as a polygon; it takes the ground from the grids below."), ends],
      split: [chosen ? t("Draw a line across the selected grid, from outside to outside.") : t("Draw a line across one or several grids, from outside to outside."), ends],
      merge: [chosen ? t("Click a neighbour to merge it with the selected grid.") : t("Click the grid that stays, then the neighbour that joins it.")],
      reshape: [chosen ? t("Drag a point of the border, or come to it with Tab; or draw the new border from border to border.") : t("Draw the new border from border to border; with a grid selected its points can be dragged."), ends],
      remark: [t("Click the place that the remark is about."), t("Esc leaves.")],
      assign: [chosen ? t("Choose ground of the neighbours: it goes to the selected grid.") : t("Click the grid that is to get ground.")],
    }[this.held];
    if (!words) {
      this.told.hidden = true;
      return;
    }
    fill(this.told, h("p", {}, words[0]), words[1] && h("p.small.quiet", {}, words[1]), this.held === "assign" && this.ways());
    this.told.hidden = false;
  }

  ways() {
    const names = { click: t("Click"), brush: t("Brush"), box: t("Box"), lasso: t("Lasso") };
    return h("div.row.ways", { role: "group", "aria-label": t("How ground is chosen") }, Handing.ways.map((way, i) => h("button.button", { type: "button", dataset: { way }, "aria-pressed": String(this.handing.way === way), title: `${names[way]} (${i + 1})`, onClick: () => this.chooseWay(way) }, names[way])));
  }

  chooseWay(way) {
    this.handing.start(way);
    this.planner.map.getContainer().classList.toggle("drafting-aims", way !== "click");
    this.hint();
  }

  /** The words are seen through where the mouse draws below them; they let it through to the map. */
  stepAside({ clientX, clientY }) {
    if (this.told.hidden) return;
    const { left, right, top, bottom } = this.told.getBoundingClientRect();
    this.told.classList.toggle("aside", clientX > left && clientX < right && clientY > top && clientY < bottom);
  }

  /** Say a sentence for a while. */
  say(sentence) {
    fill(this.told, h("p", { role: "status" }, sentence));
    this.told.hidden = false;
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.bench.draft && this.hint(), 4000);
  }

  tellChosen(units) {
    const { draft, selected } = this.bench;
    const households = [...units].reduce((sum, number) => sum + (draft.units.get(number)?.properties.households ?? 0), 0);
    const now = draft.grids.get(selected[0])?.properties.households;
    this.hint();
    this.told.append(h("p.figures", { id: "draft-guess" }, t("%(number)s pieces of ground, %(households)s households: the grid would have %(sum)s.", { number: count(units.size), households: count(households), sum: count((now ?? 0) + households) })));
  }

  // ── drawing ────────────────────────────────────────────────────────────────────────────────

  sketch(key) {
    const { bench } = this;
    this.sketching.start(key === "draw" ? "Polygon" : "Line", {
      features: () => this.around(),
      change: (points) => this.preview(key, points),
      done: (points) => this.drawn(key, points),
    });
    if (key === "reshape" && bench.selected.length) this.dragging.start();
  }

  /** What is snapped to: the units of the selected grids and of those beside them, or all grids. */
  around() {
    const { draft, picture, selected } = this.bench;
    if (!selected.length) return [...draft.grids.values()];
    const near = new Set([...picture.selected, ...picture.beside]);
    const units = [...draft.units.values()].filter(({ properties }) => near.has(properties.grid));
    return [...[...near].map((number) => draft.grids.get(number)), ...units];
  }

  preview(key, points) {
    const { selected } = this.bench;
    if (points.length < (key === "draw" ? 3 : 2)) this.trial.clear();
    else this.trial.ask(key, { points, grids: key === "split" ? [...selected] : [] });
  }

  /** Show what the drawing would come to; null: nothing is known of it. */
  foretell(answer) {
    const { outcome } = this;
    outcome.show(answer);
    this.sketching.mark(outcome.isRefused);
    this.dragging.mark(outcome.isRefused);
    const words = outcome.words();
    const told = this.told.querySelector("#draft-guess.outcome-words, #draft-guess.outcome-refused");
    if (told && words) told.replaceWith(words);
    else if (words) this.told.append(words);
    else told?.remove();
  }

  /** Say which point of the border is meant, and where it goes. */
  tellPoint(sentence) {
    const told = this.told.querySelector("#draft-point");
    if (!sentence) return told?.remove();
    const words = h("p", { id: "draft-point" }, sentence);
    return told ? told.replaceWith(words) : this.told.append(words);
  }

  async drawn(key, points) {
    const { bench } = this;
    const { selected } = bench;
    let action;
    if (key === "draw") action = { action: "draw", polygon: { type: "Polygon", coordinates: [[...points, points[0]]] } };
    else {
      action = { action: key, line: { type: "LineString", coordinates: points } };
      if (key === "split" && selected.length === 1) [action.grid] = selected;
      else if (key === "split" && selected.length) action.grids = [...selected];
    }
    const before = new Set(bench.draft.grids.keys());
    const answer = await bench.act(action);
    this.trial.clear();
    if (!answer) return null;
    const made = answer.grids.features.map(({ id }) => id).filter((id) => !before.has(id));
    if (made.length) bench.select(key === "draw" ? made.slice(0, 1) : selected.length ? selected : made.slice(0, 1));
    if (bench.draft && this.held === key) this.hold(key === "draw" ? "choose" : key);
    return answer;
  }

  /** A refused step leaves the tool in the hand. */
  refused() {
    if (["draw", "split", "reshape"].includes(this.held)) this.hold(this.held);
  }

  // ── clicking ───────────────────────────────────────────────────────────────────────────────

  async clicked({ latlng, originalEvent }) {
    const { bench } = this;
    if (!bench.draft || stackOf(this.planner.map).paused) return;
    if (this.held === "assign" && this.handing.way !== "click" && bench.selected.length) return;
    this.take(await bench.at(latlng), originalEvent);
  }

  take({ grid, unit }, event) {
    const { bench } = this;
    const [first] = bench.selected;
    if (this.held === "merge" && first != null && grid != null && grid !== first) {
      bench.act({ action: "merge", grids: [first, grid] });
    } else if (this.held === "assign" && first != null && unit != null && bench.draft.isOpen) {
      if (grid === first) this.say(t("This ground belongs to the selected grid already. Esc leaves; then select the grid that is to get it."));
      else this.hand([unit]);
    } else if (event?.shiftKey && grid != null) {
      const rest = bench.selected.filter((number) => number !== grid);
      bench.select(rest.length === bench.selected.length ? [...rest, grid] : rest);
    } else bench.select(grid == null ? [] : [grid]);
  }

  hand(units) {
    return this.bench.act({ action: "assign", units, grid: this.bench.selected[0] });
  }

  // ── keys ───────────────────────────────────────────────────────────────────────────────────

  key(event) {
    if (event.defaultPrevented || event.target.matches?.("input, textarea, select") || event.target.closest?.(".menu")) return;
    const letter = event.key.toLowerCase();
    const mayDraw = this.bench.draft.isOpen && !this.bench.isNarrow;
    if ((event.ctrlKey || event.metaKey) && !event.altKey) {
      if (letter !== "z" && letter !== "y") return;
      event.preventDefault();
      if (mayDraw) this.bench[letter === "y" || event.shiftKey ? "redo" : "undo"]();
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isSketching = Boolean(this.sketching.shape);
    const isOnMap = event.target === this.planner.map.getContainer();
    if (event.key === "Tab") {
      if (this.held !== "reshape" || event.shiftKey || !this.isHere(event.target) || !this.dragging.gripping.enter()) return;
    } else if (event.key === "Escape") this.escape();
    else if (event.key === "Enter" && isSketching) this.sketching.finish();
    else if (event.key === "Backspace" && isSketching) this.sketching.back() || this.hold(this.held);
    else if (event.key === " " && isSketching && isOnMap) this.sketching.point(this.planner.map.getCenter());
    else if (event.key === "Enter" && isOnMap) this.pickMiddle();
    else if (this.held === "assign" && "1234".includes(letter)) this.chooseWay(Handing.ways[Number(letter) - 1]);
    else if (letter === "c") this.press("remark");
    else if (mayDraw) {
      const found = Object.entries(this.names).find(([, [, name]]) => name.toLowerCase() === letter);
      if (!found) return;
      this.press(found[0]);
    } else return;
    event.preventDefault();
  }

  /** Whether the keyboard is at the map or the tools, and not elsewhere on the page. */
  isHere(element) {
    return element === document.body || element === this.planner.map.getContainer() || this.bar.contains(element);
  }

  async pickMiddle() {
    this.take(await this.bench.at(this.planner.map.getCenter()), null);
  }

  escape() {
    this.sketching.forget();
    if (this.handing.chosen) this.handing.leave();
    else if (this.held !== "choose") this.hold("choose");
    else this.bench.select([]);
  }
}
