// The planner's workbench: one draft open at a time, its tools, its keys.

import { onState, setState, state } from "wangge/core/state.js";
import { t } from "wangge/core/words.js";
import { conflictNote, lostNote, refusalNote } from "wangge/drafting/answering.js";
import { Checking } from "wangge/drafting/checking.js";
import { boxOf, Draft } from "wangge/drafting/draft.js";
import { joinOpening } from "wangge/drafting/opening.js";
import { paperOf } from "wangge/drafting/papering.js";
import { Following } from "wangge/drafting/following.js";
import { Panel } from "wangge/drafting/panel.js";
import { Picture } from "wangge/drafting/picture.js";
import { Publishing } from "wangge/drafting/publishing.js";
import { Remarks } from "wangge/drafting/remarks.js";
import { Tools } from "wangge/drafting/tools.js";

const BEGAN_WITH = state().map; // before the page keeps its own view there
const NARROW = 720; // pixels: below, a draft is looked at and not drawn on

export class Workbench {
  constructor(planner) {
    this.planner = planner;
    this.draft = null;
    this.selected = [];
    this.picture = new Picture(planner);
    this.publishing = new Publishing(planner, this);
    this.panel = new Panel(planner, this);
    this.tools = new Tools(planner, this);
    this.remarks = new Remarks(planner, this); // after the tools: they hear a click first
    planner.paperOfDraft = () => this.draft && paperOf(this.draft, planner.page.profile.band);
    joinOpening(planner, (id) => this.open(id));
    addEventListener("beforeunload", (event) => (this.draft?.pending || this.draft?.isBusy) && event.preventDefault());
  }

  get isNarrow() {
    return innerWidth <= NARROW;
  }

  /** Open what the address names. */
  async read() {
    const wanted = Number(state().draft) || null;
    if (wanted === (this.draft?.id ?? null)) return;
    if (wanted) await this.open(wanted, { fly: !BEGAN_WITH });
    else this.close();
  }

  async open(id, { fly = true } = {}) {
    if (this.draft?.pending && !this.mayLeave()) return;
    let draft;
    try {
      draft = await Draft.open(id);
    } catch (error) {
      this.planner.refuse(error, () => this.open(id, { fly }));
      return;
    }
    this.leave();
    this.draft = draft;
    this.planner.draft = draft;
    setState({ draft: id });
    document.body.dataset.drafting = "yes";
    for (const [kind, listener] of Object.entries({
      changed: ({ detail }) => this.changed(detail),
      answered: () => this.checking.soon(),
      checked: () => this.panel.show(),
      busy: () => this.panel.show(),
      waiting: () => this.tools.say(t("Wait: the step before is being saved.")),
      refused: ({ detail }) => this.refused(detail),
    })) {
      draft.addEventListener(kind, (event) => draft === this.draft && listener(event));
    }
    this.planner.selecting.clear();
    this.picture.open(draft);
    this.select([]);
    this.tools.open();
    if (fly) this.flyToAll();
    this.checking = new Checking(draft);
    this.checking.ask();
    this.following = new Following(this.planner, this);
    this.remarks.open();
    const label = document.getElementById("drafts-name");
    label.textContent = t("Draft: %(name)s", { name: draft.info.name });
    document.querySelector("[data-sheet=right]").textContent = t("Draft");
  }

  /** Put the draft away; the map is as it was. */
  close() {
    if (this.draft?.pending && !this.mayLeave()) return;
    this.leave();
    setState({ draft: null });
  }

  leave() {
    if (!this.draft) return;
    this.tools.close();
    this.remarks.clear();
    this.publishing.clear();
    this.picture.close();
    this.checking.stop();
    this.following.stop();
    this.draft = null;
    this.planner.draft = null;
    this.selected = [];
    delete document.body.dataset.drafting;
    document.getElementById("drafts-name").textContent = t("Drafts");
    document.querySelector("[data-sheet=right]").textContent = t("District");
    document.getElementById("refusals").replaceChildren();
    this.panel.show();
  }

  mayLeave() {
    return globalThis.confirm(t("One step is not saved yet. Leave it behind?"));
  }

  flyToAll() {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const feature of this.draft.units.values()) {
      const one = boxOf(feature);
      for (const i of [0, 1]) box[i] = Math.min(box[i], one[i]);
      for (const i of [2, 3]) box[i] = Math.max(box[i], one[i]);
    }
    if (Number.isFinite(box[0])) this.planner.flyTo([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], box);
  }

  // ── selecting ──────────────────────────────────────────────────────────────────────────────

  select(numbers) {
    this.selected = numbers.filter((number) => this.draft.grids.has(number));
    this.picture.mark(this.selected);
    this.panel.show();
    this.tools.refresh();
  }

  /** The grid and the unit at a place of the map. */
  at(latlng) {
    return this.picture.at(latlng);
  }

  goTo({ where, ids = [] }) {
    const known = ids.filter((number) => this.draft.grids.has(number));
    if (known.length) this.select(known.slice(0, 2));
    if (where?.point) this.planner.flyTo(where.point, where.box);
    this.picture.point(where);
  }

  // ── changing ───────────────────────────────────────────────────────────────────────────────

  async act(action) {
    this.clearNotes();
    return this.draft.act(action);
  }

  merge() {
    const grids = [...this.selected];
    return this.act({ action: "merge", grids }).then((answer) => answer && this.select([grids[0]]));
  }

  lock() {
    if (!this.selected.length) return this.tools.say(t("Select a grid first."));
    const isLocked = this.selected.every((number) => this.draft.grids.get(number).properties.locked);
    return this.act({ action: isLocked ? "unlock" : "lock", grids: [...this.selected] });
  }

  undo() {
    this.clearNotes();
    if (!this.draft.info.can_undo) return this.tools.say(t("There is no step that could be taken back."));
    return this.draft.undo();
  }

  redo() {
    this.clearNotes();
    if (!this.draft.info.can_redo) return this.tools.say(t("There is no step that could be done again."));
    return this.draft.redo();
  }

  changed({ grids, removed, units }) {
    this.picture.renew(units && { grids: [...grids, ...removed], units });
    const kept = this.selected.filter((number) => this.draft.grids.has(number));
    this.select(kept.length ? kept : grids.slice(0, 1).filter(() => this.selected.length > 0));
  }

  refused({ error, wanted }) {
    const notes = document.getElementById("refusals");
    if (this.draft.conflict) notes.replaceChildren(conflictNote(this, error));
    else if (this.draft.pending) notes.replaceChildren(lostNote(this, error));
    else notes.replaceChildren(refusalNote(error));
    this.tools.refused(wanted);
    this.panel.show();
  }

  clearNotes() {
    if (!this.draft.pending && !this.draft.conflict) document.getElementById("refusals").replaceChildren();
  }
}

/** Join the workbench with the page. */
export function joinWorkbench(planner) {
  const bench = new Workbench(planner);
  planner.workbench = bench;
  onState(() => bench.read());
  return bench.read().then(() => bench);
}
