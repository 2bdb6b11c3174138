// The criteria in the address bar, so that a view can be sent as a link.

import { setState, state } from "wangge/core/state.js";
import { NOTHING_ASKED } from "wangge/command/board.js";

const list = (text) => (text ? text.split(",").filter(Boolean) : null);

/** The criteria that the address holds; what makes no sense is left out. */
export function criteriaOf(address = state()) {
  const hours = /^(\d{1,2})-(\d{1,2})$/.exec(address.hours ?? "");
  const window = /^(-?\d+)-(-?\d+)$/.exec(address.window ?? "");
  const period = address.period ?? "";
  return {
    ...NOTHING_ASKED,
    period: /^(today|7d|30d|all|\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d)$/.test(period) ? period : "",
    categories: list(address.category),
    sources: list(address.source),
    states: list(address.state),
    late: address.late === "1",
    areas: list(address.area) ?? [],
    hours: hours && Number(hours[1]) <= Number(hours[2]) && Number(hours[2]) < 24 ? [Number(hours[1]), Number(hours[2])] : null,
    window: window ? [Number(window[1]), Number(window[2])] : null,
  };
}

/** Write the criteria into the address. */
export function keepCriteria(criteria) {
  setState({
    period: criteria.period,
    category: criteria.categories?.join(",") || null,
    source: criteria.sources?.join(",") || null,
    state: criteria.states?.join(",") || null,
    late: criteria.late ? "1" : null,
    area: criteria.areas.join(",") || null,
    hours: criteria.hours?.join("-") ?? null,
    window: criteria.window?.map(Math.round).join("-") ?? null,
  });
}

/** The same criteria as the query of /api/v1/cases. */
export function queryOf(board) {
  const { criteria } = board;
  const [from, to] = board.period();
  const low = Math.max(from ?? -Infinity, criteria.window?.[0] ?? -Infinity);
  const high = Math.min(to ?? Infinity, criteria.window?.[1] ?? Infinity);
  const moment = (minute) => (Number.isFinite(minute) ? new Date(minute * 60000).toISOString() : null);
  return {
    category: criteria.categories?.join(","),
    source: criteria.sources?.join(","),
    state: criteria.states?.join(","),
    overdue: criteria.late ? "true" : null,
    area: criteria.areas.join(","),
    hours: criteria.hours?.join("-"),
    from: moment(low),
    to: moment(high),
  };
}
