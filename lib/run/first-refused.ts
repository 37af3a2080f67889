import type { QuarantinedRow } from '../drop/row-rules.ts';
import type { RunDeps } from './deps.ts';
import { ungzipLines } from './gzip-lines.ts';
import type { RunPlan } from './plan.ts';
import type { IngestReceipt } from './receipts.ts';

/** The first refused row of these kinds, as a sentence that begins with a blank; '' without one. */
export async function firstRefused(
  deps: Pick<RunDeps, 'lake'>,
  plan: Pick<RunPlan, 'dropsUrl'>,
  sources: IngestReceipt['sources'],
  kinds: readonly QuarantinedRow['kind'][],
): Promise<string> {
  const source = sources.find(({ malformed, policy }) => malformed > 0 || (kinds.includes('policy') && policy > 0));
  if (!source) return '';
  for (const { kind, file, line, message, rule } of ungzipLines<QuarantinedRow>(await deps.lake.read(source.quarantine))) {
    if (kinds.includes(kind)) return ` The first: ${plan.dropsUrl}/${file} line ${line}: ${message} (${rule}).`;
  }
  return '';
}
