import { counted } from '../../lib/run/counted.ts';
import { PENDING_PREFIX } from '../../lib/run/row-counts.ts';
import type { RunRecord } from '../../lib/run/run-ledger.ts';
import { count } from '../table.ts';

type Counts = RunRecord['counts'];

/** What became of the rows that a run read: parts that add up. */
export function rowsText(counts: Counts): string {
  const of = (name: string) => counts[name] ?? 0;
  const refused = of('unreadable') + of('refused');
  const kinds = `${count(of('unreadable'))} unreadable, ${count(of('refused'))} refused`;
  const parts = [
    `${count(of('applied'))} applied`,
    counted(of('copies'), 'copy'),
    `${count(of('waiting'))} waiting`,
    `${count(refused)} in quarantine${refused > 0 ? ` (${kinds})` : ''}`,
    ...(of('passedOver') > 0 ? [`${count(of('passedOver'))} passed over (of erased customers, or too old)`] : []),
  ];
  return `${count(of('rows'))} read: ${parts.join(', ')}`;
}

/** What waits, rows of earlier nights included, and why: `3 waiting (2 MISSING_RATE, 1 ORPHAN)`. */
export function waitingText(counts: Counts): string {
  const reasons = Object.entries(counts)
    .filter(([name]) => name.startsWith(PENDING_PREFIX))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, facts]) => `${count(facts)} ${name.slice(PENDING_PREFIX.length)}`);
  return `${count(counts['pending'] ?? 0)} waiting${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`;
}

/** Rows of earlier nights that went to the quarantine; '' without any. */
export function expiredText(counts: Counts): string {
  const expired = counts['expired'] ?? 0;
  return expired === 0 ? '' : `${counted(expired, 'row')} of earlier nights waited in vain`;
}

/** Words for counts whose names are of two words. */
const COUNT_WORDS: Readonly<Record<string, string>> = {
  erasedCustomers: 'customers erased',
  passedOver: 'passed over',
  profilesWritten: 'profiles written',
};

/** What a person calls a count of a run. */
export const countWord = (name: string): string => COUNT_WORDS[name] ?? name;

/** Counts of a run that the texts above tell. */
export const isRowCount = (name: string): boolean =>
  name.startsWith(PENDING_PREFIX) ||
  [
    'rows',
    'accepted',
    'applied',
    'copies',
    'waiting',
    'unreadable',
    'refused',
    'passedOver',
    'expired',
    'quarantined',
    'duplicates',
    'conflicts',
    'pending',
  ].includes(name);
