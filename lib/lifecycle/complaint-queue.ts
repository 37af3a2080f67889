/**
 * The complaints of one customer as they come and are resolved: a resolution names no complaint, so it closes the one that has been
 * open for longest. One that finds none open resolves nothing, unless a complaint of the same instant follows: sources that give
 * dates alone tell no order within a day.
 */
export class ComplaintQueue {
  /** Complaints so far, open or not. */
  count = 0;
  readonly #openDays: number[] = [];
  /** Position of the one that has been open for longest. */
  #head = 0;
  /** Resolutions of one instant that found none open. */
  #early = 0;
  #earlyAt = Number.NaN;

  /** Forgets everything, for the next customer. */
  clear(): void {
    this.count = 0;
    this.#openDays.length = 0;
    this.#head = 0;
    this.#early = 0;
  }

  /**
   * Takes a complaint; days and instants of successive calls do not fall.
   *
   * @param day epoch day @param at instant, milliseconds since 1970-01-01T00:00Z
   * @returns whether it is closed at once
   */
  complain(day: number, at: number): boolean {
    this.count++;
    if (this.#early > 0 && this.#earlyAt === at) {
      this.#early--;
      return true;
    }
    this.#openDays.push(day);
    return false;
  }

  /** Takes a resolution of an instant as of `complain`. @returns day of the complaint that it closes; undefined when none is open */
  resolve(at: number): number | undefined {
    if (this.#head < this.#openDays.length) return this.#openDays[this.#head++];
    if (this.#earlyAt !== at) this.#early = 0;
    this.#earlyAt = at;
    this.#early++;
    return undefined;
  }

  /** Number of complaints that are open. */
  get open(): number {
    return this.#openDays.length - this.#head;
  }

  /** Number of open complaints of days before one. @param day epoch day */
  openBefore(day: number): number {
    let at = this.#head;
    while (at < this.#openDays.length && (this.#openDays[at] as number) < day) at++;
    return at - this.#head;
  }

  /** Day of the complaint that has been open for longest; undefined when none is open. */
  get openSince(): number | undefined {
    return this.#openDays[this.#head];
  }
}
