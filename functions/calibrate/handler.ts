import { calibrate } from '../../lib/run/calibrate.ts';
import { counts, runRef } from '../../lib/run/contracts.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step calibrate: see `lib/run/calibrate.ts`. */
export const handler = stepHandler({ step: 'calibrate', input: runRef, output: counts, holdsLease: true, run: calibrate });
