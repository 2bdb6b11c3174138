// A period of cases, state by state: what /api/v1/cases/history tells, and how it was at a moment.

import { NONE } from "wangge/command/columns.js";
import { toWorld } from "wangge/command/mercator.js";

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array, float64: Float64Array };
export const ABSENT = 255; // not reported yet

/** One table of the answer that begins at `start`, and where the next one does. */
function table(buffer, start) {
  const view = new DataView(buffer, start);
  if (view.getUint32(0, false) !== 0x57474331) throw new Error("not an answer of case columns");
  const head = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, start + 8, head)));
  const columns = {};
  let end = start + 8 + head;
  for (const { name, type, offset } of header.columns) {
    const column = (columns[name] = new TYPES[type](buffer, start + 8 + head + offset, header.count));
    end = start + 8 + head + offset + Math.ceil(column.byteLength / 8) * 8;
  }
  return { header, columns, end };
}

/** The cases of a period; `seek(minute)` brings `state` and the counts to that minute. */
export class Past {
  constructor(buffer) {
    const { header, columns, end } = table(buffer, 0);
    const { columns: events } = table(buffer, end);
    Object.assign(this, { from: header.from, to: header.to, count: header.count, id: columns.id, due: columns.due, category: columns.category, events });
    this.states = header.dictionaries.state;
    this.isOpen = this.states.map((key) => header.open.includes(key));
    this.x = new Float64Array(this.count);
    this.y = new Float64Array(this.count);
    for (let i = 0; i < this.count; i++) {
      const isPlaced = columns.lon[i] !== NONE;
      this.x[i] = isPlaced ? columns.lon[i] / 3.6e9 + 0.5 : NaN;
      this.y[i] = isPlaced ? toWorld(columns.lat[i] / 1e7) : NaN;
    }
    this.state = new Uint8Array(this.count).fill(ABSENT);
    this.counts = new Uint32Array(this.states.length);
    this.next = 0;
    this.minute = this.from;
    this.seek(this.from);
  }

  /** How everything stood at that minute. */
  seek(minute) {
    const { case: cases, moment, state } = this.events;
    if (minute < this.minute) {
      this.state.fill(ABSENT);
      this.counts.fill(0);
      this.next = 0;
    }
    while (this.next < moment.length && moment[this.next] <= minute) {
      const i = cases[this.next];
      if (this.state[i] !== ABSENT) this.counts[this.state[i]]--;
      this.state[i] = state[this.next];
      this.counts[this.state[i]]++;
      this.next++;
    }
    this.minute = minute;
  }

  /** Whether it was open at the minute that was sought. */
  open(i) {
    return this.state[i] !== ABSENT && this.isOpen[this.state[i]];
  }

  /** Whether it was open and past its time. */
  late(i) {
    return this.due[i] !== NONE && this.due[i] < this.minute && this.open(i);
  }

  /** {open, late, byState} at the minute that was sought. */
  figures() {
    let open = 0;
    let late = 0;
    for (let i = 0; i < this.count; i++) {
      if (!this.open(i)) continue;
      open++;
      if (this.late(i)) late++;
    }
    return { open, late, byState: this.counts };
  }

  /** How many were open and late at the end of each of so many equal parts; the sought minute stays. */
  course(parts) {
    const { minute } = this;
    const found = { open: new Uint32Array(parts), late: new Uint32Array(parts) };
    for (let k = 0; k < parts; k++) {
      this.seek(Math.round(this.from + ((k + 1) * (this.to - this.from)) / parts));
      const { open, late } = this.figures();
      found.open[k] = open;
      found.late[k] = late;
    }
    this.seek(minute);
    return found;
  }
}
