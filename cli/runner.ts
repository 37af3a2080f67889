import type { RunRequest } from '../lib/run/contracts.ts';
import type { Progress } from './progress.ts';

/** How a run ended, or that it was started and goes on. */
export type RunOutcome =
  | { readonly kind: 'closed'; readonly runId: string; readonly from: string; readonly to: string }
  | { readonly kind: 'already done'; readonly to: string }
  | { readonly kind: 'started'; readonly execution: string };

/** How a run is to be made. */
export interface RunnerOptions {
  /** Threads that work on shards; of a home alone. */
  readonly workers?: number;
  /** False to start a run of a stack and not to wait for it. */
  readonly wait?: boolean;
}

/** Runs the machine, night after night: in this process, or as executions of a deployed one. */
export interface Runner {
  /** @throws the error that ended the run */
  run(request: Partial<RunRequest>, progress: Progress): Promise<RunOutcome>;
  close(): Promise<void>;
}
