import { counted } from '../counted.ts';
import { type Finding, percent } from './check-result.ts';
import type { DateInput } from './date-input.ts';

/** Share of copies and conflicts among the transactions of a night. */
export function uniqueness({ date, night, gates }: DateInput): Finding[] {
  const { rows, duplicates, conflicts } = night;
  const share = rows === 0 ? 0 : (duplicates + conflicts) / rows;
  const isBroken = share > gates.maxDuplicateShare;
  return [
    {
      name: 'uniqueness',
      date,
      feed: 'transactions',
      status: isBroken ? 'failed' : 'passed',
      observed: `${counted(duplicates, 'copy')} and ${counted(conflicts, 'conflict')} in ${counted(rows, 'row')} (${percent(share)})`,
      expected: `at most ${percent(gates.maxDuplicateShare)}`,
      message: isBroken
        ? 'Copies were dropped and conflicts are in quarantine: ask the source whether it delivers rows again.'
        : '',
    },
  ];
}
