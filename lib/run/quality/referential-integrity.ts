import { type Finding, percent } from './check-result.ts';
import { type DateInput, factsOf } from './date-input.ts';

/** Share of refunds and voids whose original nobody knows; they wait for it. */
export function referentialIntegrity({ date, drop, orphans, gates }: DateInput): Finding[] {
  const { accepted, empty } = factsOf(drop, 'transactions');
  const naming = Math.max(accepted - (empty['original_transaction_id'] ?? accepted), orphans);
  const share = naming === 0 ? 0 : orphans / naming;
  const isBroken = share > gates.maxOrphanShare;
  return [
    {
      name: 'referential_integrity',
      date,
      feed: 'transactions',
      status: isBroken ? 'failed' : 'passed',
      observed: `${orphans} of ${naming} refunds and voids without their original (${percent(share)})`,
      expected: `at most ${percent(gates.maxOrphanShare)}`,
      message: isBroken ? 'They wait 7 nights for it, then go to quarantine: ask the source for the sales that are missing.' : '',
    },
  ];
}
