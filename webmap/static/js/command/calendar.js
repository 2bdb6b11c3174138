// Local days and hours of the city, whatever the zone of the browser.
//
// Minutes are minutes since 1970-01-01 UTC; a local day is its number since then.

const DAY = 1440;

/** The city's calendar. */
export class Calendar {
  /** @param {string} zone - IANA name, such as Asia/Shanghai */
  constructor(zone) {
    this.zone = zone;
    this.format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23",
      year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    });
    this.known = new Map();
    this.shift = 0; // milliseconds by which the server's clock is ahead of this machine's
  }

  /** Minutes that local time is ahead of UTC at that minute. */
  ahead(minute) {
    const day = Math.floor(minute / DAY);
    const before = this._aheadAt(day * DAY);
    if (before === this._aheadAt((day + 1) * DAY)) return before;
    return this._measure(minute); // a day on which the clocks change
  }

  _aheadAt(minute) {
    if (!this.known.has(minute)) this.known.set(minute, this._measure(minute));
    return this.known.get(minute);
  }

  _measure(minute) {
    const parts = {};
    for (const { type, value } of this.format.formatToParts(new Date(minute * 60000))) parts[type] = Number(value);
    const local = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute) / 60000;
    return Math.round(local - Math.floor(minute));
  }

  /** Local day number of that minute. */
  day(minute) {
    return Math.floor((minute + this.ahead(minute)) / DAY);
  }

  /** Local hour, 0…23. */
  hour(minute) {
    const local = minute + this.ahead(minute);
    return Math.floor((((local % DAY) + DAY) % DAY) / 60);
  }

  /** The first minute of a local day. */
  start(day) {
    const guess = day * DAY - this.ahead(day * DAY);
    return day * DAY - this.ahead(guess);
  }

  /** 2026-06-01 for a day number. */
  iso(day) {
    return new Date(day * 86400000).toISOString().slice(0, 10);
  }

  /** Day number of 2026-06-01; NaN for what is no date. */
  parse(text) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text ?? "")) return NaN;
    return Math.floor(Date.parse(`${text}T00:00:00Z`) / 86400000);
  }

  /** Now by the server's clock, in milliseconds. */
  milliseconds() {
    return Date.now() + this.shift;
  }

  /** Now, in minutes. */
  now() {
    return Math.floor(this.milliseconds() / 60000);
  }
}

/** Local day (number) and hour of every case. */
export function localTimes(calendar, { count, reported }) {
  const days = new Int32Array(count);
  const hours = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const local = reported[i] + calendar.ahead(reported[i]);
    const day = Math.floor(local / DAY);
    days[i] = day;
    hours[i] = ((local - day * DAY) / 60) | 0;
  }
  return { days, hours };
}
