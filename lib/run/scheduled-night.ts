import { ConfigError } from '../errors.ts';
import { type BusinessDate, businessClock, formatDay } from '../time.ts';

/**
 * The instant of a scheduler's time, milliseconds since 1970-01-01T00:00Z.
 *
 * @throws ConfigError for a time that was not filled in
 */
export function instantOfSchedule(time: string): number {
  const instant = Date.parse(time);
  if (Number.isNaN(instant)) {
    throw new ConfigError(
      `Scheduled time ${time}: not a time, expected ISO 8601 such as 2026-03-08T04:30:00Z. Correct the schedule's input.`,
    );
  }
  return instant;
}

/** The night that a start at an instant is for: the business day before it. @throws ConfigError for an unknown time zone */
export function nightOfStart(instantMs: number, timeZone: string): BusinessDate {
  return formatDay(businessClock(timeZone).dayOfInstant(instantMs) - 1);
}
