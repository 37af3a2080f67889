import { availableParallelism } from 'node:os';
import type { Opened, RunRequest } from '../../lib/run/contracts.ts';
import { loadDefinition, runMachine } from './machine.ts';
import type { Progress } from './progress.ts';
import { openStepPool, type StepPool } from './step-pool.ts';

/** How a run on this machine ended. */
export type LocalOutcome =
  | { readonly kind: 'closed'; readonly runId: string; readonly from: string; readonly to: string }
  | { readonly kind: 'already done'; readonly to: string };

/** Runs the machine in this process, night after night. */
export interface LocalRunner {
  /** @throws the error that ended the run */
  run(request: Partial<RunRequest>, progress: Progress): Promise<LocalOutcome>;
  close(): Promise<void>;
}

/** Threads that are used unless told: one per core, at most 8. */
export const defaultWorkers = (): number => Math.min(availableParallelism(), 8);

/** @param workers threads for the items of Maps; the environment must be set before */
export async function openLocalRunner(workers: number): Promise<LocalRunner> {
  const definition = await loadDefinition();
  const pool: StepPool = openStepPool(workers);
  return {
    async run(request, progress) {
      const outcome = await runMachine(definition, request, pool.handlers(progress), {
        mapConcurrency: workers,
        retrySecondsOverride: 1,
      });
      progress.done();
      if (outcome.status === 'failed') {
        const { name, message, thrown } = outcome.error;
        throw thrown instanceof Error ? thrown : Object.assign(new Error(message), { name });
      }
      const { opened } = outcome.output as { opened: Opened };
      if (opened.decision !== 'go') return { kind: 'already done', to: opened.decision === 'done' ? opened.to : '' };
      return { kind: 'closed', runId: opened.run.runId, from: opened.from, to: opened.to };
    },
    close: () => pool.close(),
  };
}
