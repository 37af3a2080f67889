import { describe, expect, it } from 'vitest';
import { loadDefinition, runMachine, type StepHandlers } from '../../cli/local/machine.ts';
import { STEPS, type Step } from '../../lib/keys.ts';
import { STEPS_OF_A_RUN } from '../support/run-in-memory.ts';

describe('runInMemory', () => {
  it('takes the steps in the order of the machine', async () => {
    const run = { runId: 'r000001-2025-01-05', runSeq: 1 };
    const answers: Partial<Record<Step, unknown>> = {
      'open-run': { decision: 'go', run, from: '2025-01-05', to: '2025-01-05', resumed: false },
      'plan-run': {
        batches: [{ ...run, batch: 0 }],
        shards: [{ ...run, shard: 0 }],
        publications: [{ ...run, segment: 's', destination: 'd' }],
      },
    };
    const called: Step[] = [];
    const handlers = Object.fromEntries(
      STEPS.map((step) => [
        step,
        async () => {
          called.push(step);
          return answers[step] ?? {};
        },
      ]),
    ) as unknown as StepHandlers;
    const outcome = await runMachine(await loadDefinition(), {}, handlers);
    expect(outcome.status).toBe('succeeded');
    expect(called.filter((step) => step !== 'require-complete')).toEqual(['open-run', 'plan-run', ...STEPS_OF_A_RUN]);
  });
});
