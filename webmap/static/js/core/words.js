// What people read, in the language of the page. English sentences are the keys.

const known = JSON.parse(document.getElementById("wangge-words")?.textContent ?? "{}");
const words = known.words ?? {};

export const language = known.language ?? (document.documentElement.lang.startsWith("en") ? "en" : "zh");
const locale = language === "en" ? "en-GB" : "zh-CN";

/** The sentence in the page's language; `%(name)s` is filled from `values`. */
export function t(sentence, values) {
  const text = words[sentence] || sentence;
  if (!values) return text;
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A name that comes in both languages (`{zh, en}`), or a plain string. */
export function named(name) {
  if (name == null) return "";
  if (typeof name === "string") return name;
  return name[language] ?? name.zh ?? name.en ?? "";
}

const counts = new Intl.NumberFormat(locale);
const shares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(locale, { year: "numeric", month: "2-digit", day: "2-digit" });

/** 1,234; a dash where nothing is known. */
export function count(value) {
  return value == null ? "–" : counts.format(value);
}

/** 0.873 as 87.3%; a dash where nothing is known. */
export function share(value) {
  return value == null ? "–" : shares.format(value);
}

/** A day, from an ISO date or time. */
export function day(value) {
  return value == null ? "–" : days.format(new Date(value));
}

/** Metres, as m or km. */
export function metres(value) {
  if (value < 1000) return `${counts.format(Math.round(value))} m`;
  return `${counts.format(Math.round(value / 10) / 100)} km`;
}

/** Square metres, as m², ha or km². */
export function squareMetres(value) {
  if (value < 10_000) return `${counts.format(Math.round(value))} m²`;
  if (value < 1_000_000) return `${counts.format(Math.round(value / 100) / 100)} ${t("ha")}`;
  return `${counts.format(Math.round(value / 10_000) / 100)} km²`;
}
