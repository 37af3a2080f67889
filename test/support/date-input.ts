import { type GatesConfig, gates } from '../../lib/config/gates.ts';
import type { Feed } from '../../lib/keys.ts';
import type { DateInput } from '../../lib/run/quality/date-input.ts';
import { type DropFacts, type FeedFacts, noFacts } from '../../lib/run/quality/drop-facts.ts';
import { addDays, type BusinessDate } from '../../lib/time.ts';

/** A Friday: the date that the checks judge unless told. */
export const FRIDAY = '2025-08-08' as BusinessDate;

/** A drop of the transactions feed, or of another. */
export function dropOf(date: BusinessDate, facts: Partial<FeedFacts>, feed: Feed = 'transactions'): DropFacts {
  return { date, feeds: new Map([[feed, { ...noFacts(), files: 1, accepted: facts.rows ?? 0, ...facts }]]) };
}

/** Drops of the days before a date, the newest last; `rows[0]` is the oldest. */
export function daysBefore(date: BusinessDate, rows: readonly number[], stepDays = 1): DropFacts[] {
  return rows.map((count, at) => dropOf(addDays(date, (at - rows.length) * stepDays), { rows: count, newestDay: date }));
}

/** What a check looks at; defaults are an ordinary day without history. */
export function dateInput(
  changes: Partial<Omit<DateInput, 'gates'>> & { readonly gates?: Partial<GatesConfig> } = {},
): DateInput {
  const date = changes.date ?? FRIDAY;
  return {
    date,
    drop: dropOf(date, { rows: 100, newestDay: date }),
    history: [],
    night: { rows: 100, duplicates: 0, conflicts: 0 },
    orphans: 0,
    promised: new Map(),
    skipped: [],
    ...changes,
    gates: { ...gates.parse({}), ...changes.gates },
  };
}
