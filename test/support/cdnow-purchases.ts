import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './command-line.ts';

/**
 * The purchases of the CDNOW 1/10 sample, seen from the repository: `number number yyyymmdd quantity amount`, a line per order.
 * They may not be published, so they are not part of it; cells of them are, in test/golden.
 */
export const CDNOW_PURCHASES = '../shared/data/cdnow/CDNOW_sample.txt';

/** True where the file lies beside the repository; else it is told that some tests are skipped. @param tests which, for what is told */
export function hasCdnowPurchases(tests: string): boolean {
  const isThere = existsSync(join(REPOSITORY, CDNOW_PURCHASES));
  if (!isThere) console.info(`${tests} on the real CDNOW purchases are skipped: there is no file ${CDNOW_PURCHASES}.`);
  return isThere;
}
