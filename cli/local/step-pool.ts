import { Piscina } from 'piscina';
import { errorOfName, PERMANENT, RETRYABLE, RETRYABLE_SLOW } from '../../lib/errors.ts';
import { isMapStep, STEPS, type Step } from '../../lib/keys.ts';
import type { Progress } from '../progress.ts';
import type { StepHandlers } from './machine.ts';
import { callStep, type StepOutcome } from './step-call.ts';

/** The handlers of all steps: items of Maps in worker threads where there are several, the rest in this thread. */
export interface StepPool {
  readonly handlers: (progress: Progress) => StepHandlers;
  close(): Promise<void>;
}

const KNOWN: readonly string[] = [...PERMANENT, ...RETRYABLE, ...RETRYABLE_SLOW];

/** @param workers threads that take items of Maps; 1 = none beside this one */
export function openStepPool(workers: number): StepPool {
  let pool: Piscina<{ step: Step; payload: unknown }, StepOutcome> | undefined;
  const inThread = (step: Step, payload: unknown): Promise<StepOutcome> => {
    pool ??= new Piscina({
      filename: new URL('./step-worker.ts', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
    });
    return pool.run({ step, payload });
  };
  return {
    handlers: (progress) =>
      Object.fromEntries(
        STEPS.map((step) => {
          const call = workers > 1 && isMapStep(step) ? inThread : callStep;
          return [step, (payload: unknown) => takeStep(step, payload, call, progress)];
        }),
      ) as StepHandlers,
    close: async () => {
      await pool?.destroy();
    },
  };
}

async function takeStep(
  step: Step,
  payload: unknown,
  call: (step: Step, payload: unknown) => Promise<StepOutcome>,
  progress: Progress,
): Promise<unknown> {
  progress.begin(step);
  const outcome = await call(step, payload);
  if ('error' in outcome) throw revive(outcome.error);
  if (step === 'plan-run') progress.plan(totalsOf(outcome.answer as PlannedItems));
  const counts = outcome.answer as { rows?: number; customers?: number } | undefined;
  progress.end(step, isMapStep(step) ? (counts?.rows ?? counts?.customers ?? 0) : 0);
  return outcome.answer;
}

interface PlannedItems {
  readonly batches: readonly unknown[];
  readonly shards: readonly unknown[];
  readonly publications: readonly unknown[];
}

function totalsOf({ batches, shards, publications }: PlannedItems): Parameters<Progress['plan']>[0] {
  return {
    'ingest-drop': batches.length,
    'fold-shard': shards.length,
    'score-shard': shards.length,
    'publish-segments': publications.length,
    'project-shard': shards.length,
  };
}

/** An error again, after its way between threads. */
function revive({ name, message, stack }: { name: string; message: string; stack: string }): Error {
  const error = KNOWN.includes(name) ? errorOfName(name, message) : Object.assign(new Error(message), { name });
  error.stack = stack;
  return error;
}
