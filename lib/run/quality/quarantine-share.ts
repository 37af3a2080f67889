import type { GatesConfig } from '../../config/gates.ts';
import type { BusinessDate } from '../../time.ts';
import { type Finding, percent } from './check-result.ts';

/** What was read: of a date, or of the whole run. */
export interface ReadRows {
  readonly rows: number;
  readonly malformed: number;
}

/** Share of unreadable rows: told above one limit, a breach above the other (docs/adr/0015). */
export function quarantineShare(date: BusinessDate | null, { rows, malformed }: ReadRows, gates: GatesConfig): Finding {
  const share = rows === 0 ? 0 : malformed / rows;
  const isBreach = share > gates.maxMalformedShare;
  const isTold = isBreach || share > gates.warnMalformedShare;
  return {
    name: 'quarantine_share',
    date,
    feed: null,
    status: isTold ? 'failed' : 'passed',
    isMild: !isBreach,
    observed: `${malformed} of ${rows} rows (${percent(share)})`,
    expected: `at most ${percent(isBreach ? gates.maxMalformedShare : gates.warnMalformedShare)}`,
    message: isTold ? 'Rows that could not be read are in quarantine: correct the rows or the configuration.' : '',
  };
}
