import { availableParallelism } from 'node:os';
import type { Opened } from '../../lib/run/contracts.ts';
import type { Runner } from '../runner.ts';
import { loadDefinition, runMachine } from './machine.ts';
import { openStepPool, type StepPool } from './step-pool.ts';

/** Threads that are used unless told: one per core, at most 8. */
export const defaultWorkers = (): number => Math.min(availableParallelism(), 8);

/** A runner in this process. @param workers threads for the items of Maps; the environment must be set before */
export async function openLocalRunner(workers: number): Promise<Runner> {
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
