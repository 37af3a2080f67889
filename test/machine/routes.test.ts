import { StateMachine } from 'aws-local-stepfunctions';
import { describe, expect, it } from 'vitest';
import { loadDefinition, type RunMachineOptions, runMachine, type StepHandlers } from '../../cli/local/machine.ts';
import { errorOfName, TransientDependencyError } from '../../lib/errors.ts';
import { MAP_STEPS, STEPS, type Step } from '../../lib/keys.ts';
import { findTasks } from '../support/machine-states.ts';

const definition = await loadDefinition();
const RUN = { runId: 'r1', runSeq: 7 };
const GO = { decision: 'go', run: RUN, from: '2026-03-01', to: '2026-03-01', resumed: false };
const PLAN = {
  batches: [{ ...RUN, batch: 0 }],
  shards: [0, 1, 2].map((shard) => ({ ...RUN, shard })),
  publications: [{ ...RUN, segment: 'loyal', destination: 'generic_csv' }],
};

/** Runs the machine with stubs; `stubs` replaces some. */
async function run(
  stubs: Partial<StepHandlers> = {},
  options: RunMachineOptions = {},
  request: object = { from: '2026-03-01', to: '2026-03-01' },
) {
  const calls: { step: Step; payload: unknown }[] = [];
  const answers: Partial<StepHandlers> = { 'open-run': async () => GO, 'plan-run': async () => PLAN, ...stubs };
  const handlers = Object.fromEntries(
    STEPS.map((step) => [
      step,
      async (payload: unknown) => {
        calls.push({ step, payload });
        return (await answers[step]?.(payload)) ?? {};
      },
    ]),
  ) as unknown as StepHandlers;
  const outcome = await runMachine(definition, request, handlers, {
    waitSecondsOverride: 0,
    retrySecondsOverride: 0,
    ...options,
  });
  return { outcome, calls, steps: calls.map(({ step }) => step) };
}

const throwing =
  (name: string, message = 'no') =>
  async () => {
    throw errorOfName(name, message);
  };

describe('the machine', () => {
  it('is valid to an independent validator of the language', () => {
    expect(() => new StateMachine(definition)).not.toThrow();
  });

  it('takes the steps in their order, each Map followed by its check', async () => {
    const { outcome, steps, calls } = await run();
    expect(outcome.status).toBe('succeeded');
    const shards = (step: Step): Step[] => [step, step, step, 'require-complete'];
    expect(steps).toEqual([
      'open-run',
      'plan-run',
      'ingest-drop',
      'require-complete',
      ...shards('fold-shard'),
      'calibrate',
      ...shards('score-shard'),
      'verify-run',
      'report',
      'publish-segments',
      'require-complete',
      'commit-run',
      ...shards('project-shard'),
      'close-run',
    ]);
    expect(calls[0]?.payload).toEqual({ request: { from: '2026-03-01', to: '2026-03-01' }, execution: '' });
    expect(calls.filter(({ step }) => step === 'calibrate')[0]?.payload).toEqual(RUN);
    expect(calls.filter(({ step }) => step === 'score-shard').map(({ payload }) => payload)).toEqual(PLAN.shards);
    expect(calls.filter(({ step }) => step === 'publish-segments')[0]?.payload).toEqual(PLAN.publications[0]);
    expect(calls.filter(({ step }) => step === 'require-complete').map(({ payload }) => payload)).toEqual(
      MAP_STEPS.map((step) => ({ ...RUN, step })),
    );
  });

  it('hands an approval to open-run as it was asked, and goes on with the held run', async () => {
    const approve = { runId: 'r1', waive: ['zero_rows'], note: 'closed' };
    const { outcome, calls } = await run({}, {}, { approve });
    expect(calls.slice(0, 2)).toEqual([
      { step: 'open-run', payload: { request: { approve }, execution: '' } },
      { step: 'plan-run', payload: RUN },
    ]);
    expect(outcome.status).toBe('succeeded');
  });

  it('passes Maps without items', async () => {
    const { outcome, steps } = await run({ 'plan-run': async () => ({ batches: [], shards: [], publications: [] }) });
    expect(outcome.status).toBe('succeeded');
    expect(steps.filter((step) => step === 'require-complete')).toHaveLength(5);
  });

  it('asks again after a wait until the drop is there', async () => {
    const answers = [{ decision: 'wait', missing: 'drops/dt=2026-03-01' }, { decision: 'wait', missing: 'x' }, GO];
    const { outcome, calls, steps } = await run({ 'open-run': async () => answers.shift() });
    expect(outcome.status).toBe('succeeded');
    expect(steps.slice(0, 4)).toEqual(['open-run', 'open-run', 'open-run', 'plan-run']);
    expect(calls[2]?.payload).toEqual(calls[0]?.payload);
  });

  it('ends well and does nothing when the night is already done', async () => {
    const done = { decision: 'done', to: '2026-03-01', runId: 'r0' };
    const { outcome, steps } = await run({ 'open-run': async () => done });
    expect(outcome).toMatchObject({ status: 'succeeded', output: { opened: done } });
    expect(steps).toEqual(['open-run']);
  });
});

describe('errors of a step on the whole run', () => {
  const single = STEPS.filter((step) => !(MAP_STEPS as readonly Step[]).includes(step));
  it.each(single.filter((step) => !['open-run', 'fail-run', 'require-complete'].includes(step)))(
    'lead from %s to fail-run',
    async (step) => {
      const { outcome, calls, steps } = await run({ [step]: throwing('InvariantBrokenError', 'the day is gone') });
      expect(steps.slice(-2)).toEqual([step, 'fail-run']);
      const payload = calls.at(-1)?.payload as { run: unknown; error: { Error: string; Cause: string } };
      expect(payload.run).toEqual(RUN);
      expect(payload.error.Error).toBe('InvariantBrokenError');
      expect(JSON.parse(payload.error.Cause)).toMatchObject({
        errorType: 'InvariantBrokenError',
        errorMessage: 'the day is gone',
        trace: expect.any(Array),
      });
      expect(outcome).toMatchObject({
        status: 'failed',
        output: null,
        error: { name: 'InvariantBrokenError', message: 'the day is gone', thrown: expect.any(Error) },
      });
    },
  );

  it('lead from open-run to fail-run with no run to mark', async () => {
    const { outcome, calls, steps } = await run({ 'open-run': throwing('DropNotReadyError', 'missing') });
    expect(steps).toEqual(['open-run', 'fail-run']);
    expect(calls[1]?.payload).toMatchObject({ run: { runId: 'none', runSeq: 0 }, error: { Error: 'DropNotReadyError' } });
    expect(outcome).toMatchObject({ status: 'failed', error: { name: 'DropNotReadyError', message: 'missing' } });
  });

  it('are still told when fail-run fails too', async () => {
    const { outcome } = await run({ report: throwing('ConfigError', 'first'), 'fail-run': throwing('LockHeldError', 'second') });
    expect(outcome).toMatchObject({
      error: { name: 'ConfigError', message: 'first', failRun: { name: 'LockHeldError', message: 'second' } },
    });
  });
});

describe('errors of an item', () => {
  it.each(MAP_STEPS)('of %s end the item alone; the check after the Map fails the run', async (step) => {
    const { outcome, steps } = await run({
      [step]: throwing('InvalidDropError', 'cut short'),
      'require-complete': async (payload) => {
        if ((payload as { step: string }).step === step) throw errorOfName('InvalidDropError', 'cut short');
      },
    });
    const items = ['ingest-drop', 'publish-segments'].includes(step) ? 1 : 3;
    expect(steps.filter((it) => it === step)).toHaveLength(items);
    expect(steps.slice(-2)).toEqual(['require-complete', 'fail-run']);
    expect(outcome).toMatchObject({ status: 'failed', error: { name: 'InvalidDropError', message: 'cut short' } });
  });

  it('leave the other items alone', async () => {
    const done: number[] = [];
    const { outcome } = await run({
      'fold-shard': async (payload) => {
        const { shard } = payload as { shard: number };
        if (shard === 0) throw errorOfName('ConfigError', 'no');
        done.push(shard);
      },
    });
    expect(done).toEqual([1, 2]);
    expect(outcome.status).toBe('succeeded');
  });
});

describe('retries', () => {
  it.each([
    ['TransientDependencyError', 7],
    ['ThrottledWriteError', 9],
    ['TimeoutError', 2],
    ['Lambda.TooManyRequestsException', 11],
  ])('call a step that throws %s %i times in all', async (name, times) => {
    const error = Object.assign(new Error('again'), { name });
    const { outcome, steps } = await run({ calibrate: () => Promise.reject(error) });
    expect(steps.filter((step) => step === 'calibrate')).toHaveLength(times);
    expect(outcome).toMatchObject({ error: { name, thrown: error } });
  });

  it('of an item end when it succeeds', async () => {
    let failures = 2;
    const { outcome, steps } = await run({
      'ingest-drop': async () => {
        failures -= 1;
        if (failures >= 0) throw new TransientDependencyError('503');
      },
    });
    expect(steps.filter((step) => step === 'ingest-drop')).toHaveLength(3);
    expect(outcome.status).toBe('succeeded');
  });

  it('of open-run outlast the lease of another run', async () => {
    let held = 60;
    const { outcome, steps } = await run({
      'open-run': async () => {
        held -= 1;
        if (held >= 0) throw errorOfName('LockHeldError', 'held');
        return GO;
      },
    });
    expect(steps.filter((step) => step === 'open-run')).toHaveLength(61);
    expect(outcome.status).toBe('succeeded');
  });

  it('are not made for what no retry can help', async () => {
    const { steps } = await run({ calibrate: throwing('ContractMismatchError') });
    expect(steps.filter((step) => step === 'calibrate')).toHaveLength(1);
  });
});

describe('runMachine', () => {
  it('keeps to mapConcurrency and waits for slow items', async () => {
    let running = 0;
    let most = 0;
    const shards = Array.from({ length: 40 }, (_, shard) => ({ ...RUN, shard }));
    const { outcome, steps } = await run(
      {
        'plan-run': async () => ({ ...PLAN, shards }),
        'fold-shard': async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 2));
          running -= 1;
        },
      },
      { mapConcurrency: 3 },
    );
    expect(outcome.status).toBe('succeeded');
    expect(most).toBe(3);
    expect(steps.filter((step) => step === 'fold-shard')).toHaveLength(40);
  });

  it('stops at a signal, after the handlers that run have ended, and calls no other', async () => {
    const controller = new AbortController();
    let ended = 0;
    const { outcome, steps } = await run(
      {
        'fold-shard': async () => {
          controller.abort();
          await new Promise((resolve) => setTimeout(resolve, 20));
          ended += 1;
        },
      },
      { mapConcurrency: 2, signal: controller.signal },
    );
    expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ExecutionAbortedError' } });
    const folds = steps.filter((step) => step === 'fold-shard').length;
    expect(ended).toBe(folds);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(steps.filter((step) => step === 'fold-shard')).toHaveLength(folds);
    expect(steps.at(-1)).toBe('fold-shard');
  });

  it('passes JSON and nothing else, as Lambda does', async () => {
    let payload: unknown;
    await run({
      'open-run': async () => ({ ...GO, run: { ...RUN, lost: undefined } }),
      'plan-run': async (given) => {
        payload = given;
        return PLAN;
      },
    });
    expect(payload).toEqual(RUN);
    expect(Object.keys(payload as object)).toEqual(['runId', 'runSeq']);
  });
});

describe('loadDefinition', () => {
  it('names every step, and no other function', () => {
    expect([...new Set(findTasks(definition).map(({ step }) => step))].sort()).toEqual([...STEPS].sort());
  });
});
