/** The server's time: asked once, counted on from there, unless the test clock stands still. */

import { clockCall, send } from "./calls.js";

export class Clock {
  #now = Date.now() / 1000;
  #read = performance.now();
  isStopped = false;

  constructor(isMovable) {
    this.isMovable = isMovable;
  }

  /** The second that the server would read now. */
  now() {
    const passed = this.isStopped ? 0 : (performance.now() - this.#read) / 1000;
    return Math.floor(this.#now + passed);
  }

  /** Ask the server; without a test clock it is this machine's own time. */
  async read() {
    const told = this.isMovable ? (await send(clockCall())).answer : null;
    this.#now = told?.now ?? Date.now() / 1000;
    this.isStopped = told?.stopped ?? false;
    this.#read = performance.now();
  }
}

const LATEST = 253402300799; // the last second of the year 9999

/** A second as people read it, in UTC; one beyond all calendars stays a number. */
export function moment(second) {
  if (!(second <= LATEST)) return String(second);
  return new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ");
}

/** How long until a second, or since it. */
export function distance(second, now) {
  const seconds = Math.abs(second - now);
  const days = Math.floor(seconds / 86400);
  const ofDay = new Date((seconds % 86400) * 1000).toISOString();
  const clock = ofDay.slice(seconds < 3600 ? 14 : 11, 19);
  const length = days ? `${days} d ${clock}` : clock;
  return second < now ? `${length} ago` : length;
}

/** A lifetime in its largest whole unit. */
export function duration(seconds) {
  const units = [[86400, "days"], [60, "minutes"], [1, "seconds"]];
  const [size, unit] = units.find(([each]) => seconds % each === 0);
  return `${seconds / size} ${unit}`;
}
