import type { MiddlewareObj } from '@middy/core';
import type { Step } from '../../lib/keys.ts';
import type { MetricName } from '../../lib/metrics.ts';
import { pipelineName } from './env.ts';

/** A function: of a step, or of the watch beside the machine. */
export type FunctionName = Step | 'watch-night';

/** Values of metrics by name, in the units of `lib/metrics.ts`. */
export type Measures = Partial<Readonly<Record<MetricName, number>>>;

/** What a function tells beside its log lines: traces and metrics. */
export interface Telemetry {
  /** False on a laptop: nothing is traced or measured, and errors stay as they were thrown. */
  readonly isDeployed: boolean;
  /** Outermost middlewares. */
  readonly tracing: MiddlewareObj[];
  /** Middlewares below the log context: they publish what was added when the invocation ends, however it ends. */
  readonly publishing: MiddlewareObj[];
  /** What the invocation is about: on its trace, and beside its metrics without being a dimension. Empty texts are left out. */
  annotate(facts: Readonly<Record<string, string | number>>): void;
  add(measures: Measures): void;
}

const OFF: Telemetry = { isDeployed: false, tracing: [], publishing: [], annotate() {}, add() {} };

/**
 * The telemetry of a function. Its code is loaded where a pipeline is named, which is on AWS only: a laptop pays neither the 40 ms
 * nor finds metrics on its standard output.
 */
export async function openTelemetry(name: FunctionName): Promise<Telemetry> {
  const pipeline = pipelineName();
  if (pipeline === '') return OFF;
  const { deployedTelemetry } = await import('./deployed-telemetry.ts');
  return deployedTelemetry(name, pipeline);
}
