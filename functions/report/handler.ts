import { counts, runRef } from '../../lib/run/contracts.ts';
import { report } from '../../lib/run/report.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step report: see `lib/run/report.ts`. */
export const handler = stepHandler({ step: 'report', input: runRef, output: counts, holdsLease: true, run: report });
