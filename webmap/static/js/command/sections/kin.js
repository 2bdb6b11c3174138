// Cases that are one with this one, or likely are (疑似重复): joined (并案), parted again (拆分).

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, language, named, share, t } from "wangge/core/words.js";
import { masked } from "wangge/command/masking.js";

export function section({ id, board, open, reload }) {
  const said = h("p.step-said", { role: "status", hidden: true });
  const body = h("div", {});
  const element = h("section.record-part.record-kin", { hidden: true, "aria-label": t("The same trouble") }, h("h3", {}, t("The same trouble")), said, body);
  const days = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: board.profile.timezone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  let turn = 0;
  let kin = null;

  const termOf = (terms, key) => named(terms.find((term) => term.key === key)?.name) || key;
  const link = (one) => h("button.link", { type: "button", dataset: { case: one.id }, onClick: () => open(one.id) }, `#${one.id}`);

  function say(text, tone = "late") {
    said.hidden = !text;
    said.className = `step-said ${tone && `tone-${tone}`}`;
    fill(said, text);
  }

  function why(one) {
    return [
      one.metres == null ? t("the same address") : t("%(metres)s m away", { metres: count(Math.round(one.metres)) }),
      one.hours < 1 ? t("within the hour") : t("%(hours)s hours apart", { hours: count(Math.round(one.hours)) }),
      one.same_category && t("the same category"),
      one.words != null && t("words %(share)s alike", { share: share(one.words) }),
    ].filter(Boolean).join(t(", "));
  }

  async function act(path, content) {
    say(null);
    element.setAttribute("aria-busy", "true");
    try {
      await post(path, content);
      await reload();
    } catch (error) {
      say(error.message);
      await read();
    } finally {
      element.removeAttribute("aria-busy");
    }
  }

  const joins = (ones) => ({ revision: kin.revision, ids: ones.map((one) => one.id), revisions: ones.map(({ revision }) => revision) });

  function lay() {
    const { leader, members, twins, may_join: may } = kin;
    element.hidden = leader == null && !members.length && !twins.length;
    fill(body,
      leader != null && h("p", {}, t("This case is one with"), " ", link({ id: leader }), " ", may && h("button.button.small", { type: "button", onClick: () => act(`/api/v1/cases/${id}/part`, { revision: kin.revision }) }, t("Part from it"))),
      members.length > 0 && [h("p", {}, t("Leads %(count)s more reports of the same trouble; they follow its state.", { count: count(members.length) })),
        h("ul.kin-list", {}, members.map((one) => h("li", {},
          h("span", {}, link(one), " ", termOf(board.profile.sources, one.source), " ", h("time.quiet", {}, days.format(new Date(one.reported_at)))),
          may && h("button.button.small", { type: "button", onClick: () => act(`/api/v1/cases/${one.id}/part`, { revision: one.revision }) }, t("Part")))))],
      twins.length > 0 && [h("p.quiet", {}, t("Likely the same trouble")),
        h("ul.kin-list", {}, twins.map((one) => h("li", {},
          h("span", {}, link(one), " ", one.title || termOf(board.profile.categories, one.category), " ", one.reports > 1 && h("span.badge", {}, t("%(count)s reports", { count: count(one.reports) }))),
          may && h("button.button.small", { type: "button", onClick: () => act(`/api/v1/cases/${id}/join`, joins([one])) }, t("Join to this case")),
          h("span.kin-why.quiet.small", {}, h("b", {}, share(one.score)), " ", why(one))))),
        may && twins.length > 1 && h("button.button.small", { type: "button", onClick: () => act(`/api/v1/cases/${id}/join`, joins(twins)) }, t("Join all %(count)s", { count: count(twins.length) }))]);
  }

  async function read() {
    const mine = ++turn;
    try {
      const found = await get(`/api/v1/cases/${id}/twins`, masked(board));
      if (mine !== turn) return;
      kin = found;
      lay();
    } catch (error) {
      if (mine !== turn) return;
      element.hidden = false;
      say(error.message);
    }
  }

  return { element, show: () => read() };
}
