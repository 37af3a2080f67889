import type { Step } from '../../lib/keys.ts';
import { callStep, type StepOutcome } from './step-call.ts';

/** Entry of a worker thread: takes one item of a Map. */
export default function takeItem(task: { step: Step; payload: unknown }): Promise<StepOutcome> {
  return callStep(task.step, task.payload);
}
