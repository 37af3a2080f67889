import type { Finding } from './check-result.ts';
import { type DateInput, factsOf } from './date-input.ts';

/** Rows that the manifest promises against those that were read: accepted and quarantined together. */
export function totalsMatch({ date, drop, promised }: DateInput): Finding[] {
  return [...promised].map(([feed, rows]): Finding => {
    const { accepted, malformed, policy } = factsOf(drop, feed);
    const read = accepted + malformed + policy;
    const isBroken = read !== rows;
    return {
      name: 'totals_match',
      date,
      feed,
      status: isBroken ? 'failed' : 'passed',
      observed: `${accepted} accepted and ${malformed + policy} quarantined rows`,
      expected: `${rows} rows, as manifest.json says`,
      message: isBroken ? 'The manifest and the files do not agree: ask the source for the whole drop.' : '',
    };
  });
}
