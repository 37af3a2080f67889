import { failed, failInput } from '../../lib/run/contracts.ts';
import { failExecution } from '../../lib/run/fail-execution.ts';
import { failRun } from '../../lib/run/fail-run.ts';
import { stepHandler } from '../_shared/handler-stack.ts';
import { failedMeasures } from '../_shared/measures.ts';

/** Lambda of the step fail-run, and of the rule on executions that died: see `lib/run/fail-run.ts` and `fail-execution.ts`. */
export const handler = stepHandler({
  step: 'fail-run',
  input: failInput,
  output: failed,
  holdsLease: false,
  run: (input, deps) => ('detail' in input ? failExecution(input, deps) : failRun(input, deps)),
  measure: (_, told) => failedMeasures(told),
});
