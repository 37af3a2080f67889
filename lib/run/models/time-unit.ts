/** Units of model time, in days. */
export const UNIT_DAYS = { days: 1, weeks: 7 } as const;

/** A unit of model time. */
export type TimeUnit = keyof typeof UNIT_DAYS;
