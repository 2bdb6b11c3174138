// The audit trail in words: what was done, about what, and what else is known of it.

import { ENTRY_NAMES } from "wangge/command/sections/course.js";
import { pageData } from "wangge/core/elements.js";
import { t } from "wangge/core/words.js";
import { stepName } from "wangge/drafting/answering.js";

const page = pageData();

/** What was done, by the name of the deed. */
export const ACTIONS = {
  signed_in: t("signed in"), signed_out: t("signed out"), sign_in_failed: t("failed to sign in"), sign_in_throttled: t("was kept from signing in"),
  user_added: t("added a user"), user_changed: t("changed a user"), password_set: t("set a password"), password_changed: t("changed the own password"),
  token_made: t("made a token"), token_revoked: t("revoked a token"), led_screens: t("led other screens"), ended_screens: t("led screens no more"),
  import_asked: t("asked for an import"), imported: t("imported"), exported: t("exported"), map_written: t("wrote a map as a file"), read_personal: t("read personal data"),
  demo_asked: t("asked for the demo city"), demo_loaded: t("loaded the demo city"),
  reported_case: t("reported a case"), told_of_case: t("reported a known case again"), stepped_case: t("dealt with a case"), case_raised: t("told of a late case"), dispatched_by_rule: t("assigned by rule"),
  placed_case: t("placed a case"), placed_cases: t("placed cases"), joined_cases: t("joined cases"), parted_case: t("parted a case"), added_photos: t("added photos"),
  whistled: t("whistled for departments"), call_answered: t("answered a call"), call_arrived: t("arrived for a call"), call_finished: t("finished a call"), call_declined: t("declined a call"), call_withdrawn: t("withdrew a call"), call_rated: t("rated a department"), call_late: t("told of a late department"),
  reviewed: t("entered a decision of a review"), review_withdrawn: t("withdrew a decision of a review"),
  duty_added: t("entered shifts"), duty_changed: t("changed a shift"), duty_removed: t("took out a shift"), duty_copied: t("copied shifts"), day_set: t("set a day of the calendar"), day_removed: t("removed a day of the calendar"),
  taught_alias: t("taught a word"), ended_alias: t("ended a word"),
  opened_draft: t("opened a draft"), draft_asked: t("asked for a draft from a file"), changed_draft: t("changed a draft"), copied_draft: t("copied a draft"), shared_draft: t("shared a draft"), unshared_draft: t("shared a draft no longer"),
  remarked_on_draft: t("remarked on a draft"), edited_remark: t("changed a remark"), proposal_asked: t("asked for a proposal"), fit_asked: t("asked for one net of several"), added_net: t("brought in a department’s net"), removed_net: t("removed a department’s net"),
  submit_plan: t("submitted the draft"), approve_plan: t("approved the draft"), publish_plan: t("published the draft"), withdraw_plan: t("withdrew the draft"),
  siting_asked: t("asked where places belong"), room_entered: t("entered a public room"), room_changed: t("dealt with a public room"), room_found_wrong: t("reported misuse of a room"), room_followed: t("followed up misuse of a room"),
};

/** What a deed is about, by the first word of its subject. */
export const THINGS = {
  duty: t("Duty calendar"), calendar: t("Workdays"), aliases: t("Taught words"), screens: t("Screens"), users: t("User"), tokens: t("Token"), demo: t("Demo city"), map: t("Map"), jobs: t("Job"), city: t("The whole city"), area: t("Area"),
  plan: t("Draft"), plans: t("Draft"), nets: t("Net of a department"), room: t("Public room"), rooms: t("Public rooms"), photos: t("Photos"),
  areas: t("Areas"), grids: t("Grids"), compounds: t("Compounds"), buildings: t("Buildings"), facilities: t("Facilities"), streets: t("Streets"), gates: t("Gates"), cases: t("Cases"),
};

/** What the details of a deed are called. */
export const DETAILS = {
  role: t("Role"), active: t("State"), display_name: t("Person"), telephone: t("Telephone"), department: t("Department"), departments: t("Departments"), address: t("Network address"), name: t("Name"), user_id: t("Number of the user"), language: t("Language"),
  filename: t("File"), form: t("Form"), size: t("Size"), rows: t("rows"), added: t("added"), changed: t("changed"), unchanged: t("unchanged"), ended: t("ended"), refused: t("refused"), import_id: t("Import number"), replace: t("Replaced what stood"),
  job: t("Job number"), count: t("Number of entries"), ids: t("Numbers"), numbers: t("Numbers"), first: t("from number"), last: t("to number"), asked: t("Conditions"), by: t("By way of"), layers: t("Layers"), title: t("Title"),
  scale: t("Scale"), seed: t("Seed"), day: t("Day"), week: t("Week"), works: t("Workday"), decision: t("Number of the decision"), rule: t("Rule"), levels: t("Levels"), level: t("Level"), source: t("Source"), how: t("By way of"), alias: t("Taught word"), place: t("Place"), leader: t("Leading case"), cases: t("Cases"), phase: t("When"),
  new: t("New grids"), kind: t("Kind"), step: t("Step"), what: t("Step"), finding: t("Number of the finding"), revision: t("Version"), version: t("Version"), comment: t("Number of the remark"), reader: t("Person"), of: t("Copy of"), start: t("Begins with"), nets: t("Nets"), patches: t("Patches"), note: t("Note"), valid_from: t("Holds from"), reason: t("Why"),
  low: t("Least households of a grid"), high: t("Most households of a grid"), keep: t("Share to keep"), seconds: t("Seconds"), model: t("Aim"), candidates: t("Candidates"), minutes: t("Minutes"), walker: t("Who walks"), way: t("Way"), weight: t("Who is counted"), kinds: t("Kinds"), area: t("Area"), curve: t("Length of the curve"), enough: t("Gap that is enough"),
};

/** What values of details are called: by deed and detail, or by detail in whatever deed. */
const VALUES = {
  "stepped_case.kind": { ...ENTRY_NAMES(), ...page.words.steps },
  "room_changed.step": page.words.room_steps, "room_followed.what": page.words.room_steps, "room_found_wrong.kind": page.words.room_faults,
  "siting_asked.model": { cover: t("most people covered"), cover_all: t("all covered by the fewest places"), walk: t("the shortest walk for all together") },
  "opened_draft.start": { current: t("the net in force"), compounds: t("one grid for each compound"), proposal: t("no grids yet, for a proposal"), file: t("a file"), copy: t("another draft") },
  role: page.roles, department: page.departments, departments: page.departments, source: page.words.sources, kinds: page.words.facility_kinds, level: page.words.levels, walker: page.words.walkers,
  by: { export: t("export"), review: t("Daily and weekly review"), mail: t("mail to workers"), ...THINGS },
  layers: THINGS, levels: page.words.levels,
};

/** Who did it. */
export const by = (actor) => ({ terminal: t("Terminal"), clock: t("by the clock"), "(reporter)": t("by the public") })[actor] ?? actor;

/** What a deed is about: `users/li.ming` as “User li.ming”. */
export function about(subject) {
  const [thing, ...rest] = subject.split(/[/:]/);
  return [THINGS[thing] ?? thing, ...rest.map((part) => (/^[a-z]+$/.test(part) ? (THINGS[part] ?? part) : part))].filter(Boolean).join(" ") || "–";
}

const detail = (key) => DETAILS[key] ?? THINGS[key] ?? key;

/** A detail of a deed in words. */
export function said(action, key, value) {
  if (key === "areas" && Array.isArray(value)) return t("Areas of duty: %(areas)s", { areas: value.join(" ") });
  const names = VALUES[`${action}.${key}`] ?? VALUES[key] ?? {};
  const one = (part) => (action === "changed_draft" && key === "kind" ? stepName(part) : typeof part === "boolean" ? (part ? t("on") : t("off")) : (names[part] ?? part));
  const inner = ([name, part]) => `${detail(name)} ${Array.isArray(part) ? part.join(" ") : (names[part] ?? part)}`;
  const words = Array.isArray(value) ? value.map(one).join(" ") : typeof value === "object" ? Object.entries(value).map(inner).join(" ") : one(value);
  return `${detail(key)}${t(": ")}${words}`;
}
