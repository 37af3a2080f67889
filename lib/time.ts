import { ConfigError } from './errors.ts';

/** A calendar date in the business time zone, `YYYY-MM-DD`. */
export type BusinessDate = string & { readonly __brand: 'BusinessDate' };

/** Days since 1970-01-01 (1970-01-01 is 0): the form in which dates are stored and compared. */
export type EpochDay = number;

const MS_PER_DAY = 86_400_000;
const MS_PER_QUARTER_HOUR = 900_000;

/**
 * Days from 1970-01-01 to a proleptic Gregorian date; no check of the ranges.
 *
 * Source: the era arithmetic of 400-year cycles (146,097 days each).
 */
export function epochDayOf(year: number, month: number, dayOfMonth: number): EpochDay {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + dayOfMonth - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Number of days in a month, 1 <= month <= 12. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The date of an epoch day. */
export function formatDay(day: EpochDay): BusinessDate {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const pad = (value: number, width: number) => String(value).padStart(width, '0');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}` as BusinessDate;
}

/** The epoch day of `YYYY-MM-DD`, or undefined when the text is not an existing date. */
export function parseDay(text: string): EpochDay | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return undefined;
  const [year, month, dayOfMonth] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysInMonth(year, month)) return undefined;
  return epochDayOf(year, month, dayOfMonth);
}

/** The date that a text names. @throws ConfigError when it is not an existing `YYYY-MM-DD`. */
export function parseBusinessDate(text: string, what: string): BusinessDate {
  if (parseDay(text) === undefined) {
    throw new ConfigError(`${what} ${text}: not an existing date, expected YYYY-MM-DD. Correct the date.`);
  }
  return text as BusinessDate;
}

/** The epoch day of a date that was checked before. */
export function dayOf(date: BusinessDate): EpochDay {
  return parseDay(date) as EpochDay;
}

/** Every date from `from` to `to`, both included. */
export function datesBetween(from: BusinessDate, to: BusinessDate): BusinessDate[] {
  const dates: BusinessDate[] = [];
  for (let day = dayOf(from); day <= dayOf(to); day++) dates.push(formatDay(day));
  return dates;
}

/** The date `days` later (negative: earlier). */
export function addDays(date: BusinessDate, days: number): BusinessDate {
  return formatDay(dayOf(date) + days);
}

/** A range as messages name it: `FROM to TO`, or the one date. */
export function formatRange(from: BusinessDate, to: BusinessDate): string {
  return from === to ? from : `${from} to ${to}`;
}

/** Day of the week, 0 = Monday .. 6 = Sunday (1970-01-01 was a Thursday). */
export function weekdayOf(day: EpochDay): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** Names that were asked for before: the runtime takes 0.1 ms for an answer, and every step reads the configuration. */
const knownTimeZones = new Map<string, boolean>();

/** True for a name of the IANA time zone database that this runtime knows. */
export function isTimeZone(name: string): boolean {
  let isKnown = knownTimeZones.get(name);
  if (isKnown === undefined) {
    isKnown = /^[A-Za-z]/.test(name) && isFormattable(name);
    knownTimeZones.set(name, isKnown);
  }
  return isKnown;
}

function isFormattable(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** Maps instants to business days of one time zone. */
export interface BusinessClock {
  /** Epoch day on which the instant (milliseconds since 1970-01-01T00:00Z) falls. */
  dayOfInstant(instantMs: number): EpochDay;
  /** The first instant of a day: the later of two when midnight is skipped. */
  startOfDay(day: EpochDay): number;
  /**
   * The instant of a local time of a day. Of an hour that comes twice it is the earlier one; a time that is skipped is counted as if
   * the clocks had not changed yet: 02:30 of a day whose 02:00 becomes 03:00 is 03:30.
   */
  instantOfLocal(day: EpochDay, msOfDay: number): number;
}

/**
 * A business clock for an IANA time zone.
 *
 * Offsets are looked up once per quarter of an hour (every offset change of the database since 1970 falls on one) and kept,
 * so that a row costs a map look-up. @throws ConfigError for an unknown time zone.
 */
export function businessClock(timeZone: string): BusinessClock {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = newClock(timeZone);
    clocks.set(timeZone, clock);
  }
  return clock;
}

/** One clock per time zone: a formatter takes 0.1 ms to make, and what a clock has looked up serves all. */
const clocks = new Map<string, BusinessClock>();

function newClock(timeZone: string): BusinessClock {
  if (!isTimeZone(timeZone)) {
    throw new ConfigError(
      `Time zone ${timeZone}: unknown, expected an IANA name such as Asia/Shanghai. Correct "timeZone" in the configuration.`,
    );
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsets = new Map<number, number>();
  let lastQuarter = Number.NaN;
  let lastOffset = 0;
  const offsetMs = (instantMs: number): number => {
    const quarter = Math.floor(instantMs / MS_PER_QUARTER_HOUR);
    if (quarter === lastQuarter) return lastOffset;
    let offset = offsets.get(quarter);
    if (offset === undefined) {
      const parts: Record<string, number> = {};
      for (const { type, value } of format.formatToParts(quarter * MS_PER_QUARTER_HOUR)) parts[type] = Number(value);
      const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
      const local = epochDayOf(year, month, day) * MS_PER_DAY + hour * 3_600_000 + minute * 60_000 + second * 1000;
      offset = local - quarter * MS_PER_QUARTER_HOUR;
      offsets.set(quarter, offset);
    }
    lastQuarter = quarter;
    lastOffset = offset;
    return offset;
  };
  const dayOfInstant = (instantMs: number) => Math.floor((instantMs + offsetMs(instantMs)) / MS_PER_DAY);
  return {
    dayOfInstant,
    startOfDay(day) {
      const local = day * MS_PER_DAY;
      const guess = local - offsetMs(local);
      const exact = local - offsetMs(guess);
      return dayOfInstant(exact) === day ? exact : guess;
    },
    instantOfLocal(day, msOfDay) {
      const local = day * MS_PER_DAY + msOfDay;
      const before = local - offsetMs(local - MS_PER_DAY);
      if (before + offsetMs(before) === local) return before;
      const after = local - offsetMs(local + MS_PER_DAY);
      return after + offsetMs(after) === local ? after : before;
    },
  };
}
