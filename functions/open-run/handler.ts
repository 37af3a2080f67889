import { opened, runRequest } from '../../lib/run/contracts.ts';
import { openRun } from '../../lib/run/open-run.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step open-run: see `lib/run/open-run.ts`. */
export const handler = stepHandler({ step: 'open-run', input: runRequest, output: opened, holdsLease: false, run: openRun });
