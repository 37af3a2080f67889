import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy, { type Request } from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { isMapStep } from '../../lib/keys.ts';
import type { RunRef } from '../../lib/run/contracts.ts';
import { itemKey, type RunDeps } from '../../lib/run/deps.ts';
import { recordError } from '../../lib/run/run-ledger.ts';
import { checkAnswer, checkInput } from './checked-values.ts';
import { concealRows, tellError } from './error-text.ts';
import { holdLease, sharedDeps } from './process-deps.ts';
import { type FunctionName, type Measures, openTelemetry, type Telemetry } from './telemetry.ts';

/** Milliseconds before the function's limit at which the signal stops the work. */
const EARLY_MS = 2000;

/** The timer that renews the lease, by invocation. */
const renewals = new WeakMap<object, NodeJS.Timeout>();

/** A handler as Lambda and the local machine call it. */
export type StepHandler = (event: unknown, context: Context) => Promise<unknown>;

/** How a step is wired. */
export interface StepWiring<I, O> {
  readonly step: FunctionName;
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
  /** False for what acts before, after or without the lease. */
  readonly holdsLease: boolean;
  readonly run: (input: I, deps: RunDeps, signal: AbortSignal) => Promise<O>;
  /** Metrics of an answer. */
  readonly measure?: (input: I, answer: O, nowMs: number) => Measures;
  /** Metrics of an error of the use case. */
  readonly measureError?: (error: Error, input: I, deps: RunDeps) => Promise<Measures>;
}

type StepRequest<I, O> = Request<I, O, Error, Context>;

/** What an invocation tells others of itself. */
interface Voice {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/**
 * The one chain around every step. Outermost first: the record of what a Map item threw, trace, log context, publication of metrics,
 * then what is inside of them: early timeout, input schema, lease, the use case, output schema. Nothing else knows middy.
 *
 * Hooks of an error run from the inside: metrics and trace are out before the record, which asks DynamoDB and may find no time left.
 */
export function stepHandler<I, O>(wiring: StepWiring<I, O>): StepHandler {
  const logger = new Logger({ serviceName: `perennial-${wiring.step}` });
  const chain = openTelemetry(wiring.step).then((telemetry) => buildChain(wiring, { logger, telemetry }));
  return async (event, context) => (await chain)(event, context);
}

function buildChain<I, O>(wiring: StepWiring<I, O>, voice: Voice): StepHandler {
  const { logger, telemetry } = voice;
  return middy<I, O, Error, Context>({ timeoutEarlyInMillis: EARLY_MS })
    .onError((request) => recordItemError(wiring.step, request, logger))
    .use(telemetry.tracing)
    .use(injectLambdaContext(logger, { clearState: true }))
    .use(telemetry.publishing)
    .before((request) => begin(wiring, request, voice))
    .after((request) => end(wiring, request, voice))
    .onError((request) => giveUp(wiring, request, voice))
    .handler(async (event: I, _context: Context, { signal }: { signal: AbortSignal }) =>
      checkAnswer(wiring.step, wiring.output, await wiring.run(event, sharedDeps(), signal)),
    ) as unknown as StepHandler;
}

/** What it is about is told before the input is used, so that whatever fails can be found. */
async function begin<I, O>(wiring: StepWiring<I, O>, request: StepRequest<I, O>, { logger, telemetry }: Voice): Promise<void> {
  const facts = factsOf(wiring.step, request.event);
  logger.appendKeys(facts);
  telemetry.annotate(facts);
  request.event = checkInput(wiring.step, wiring.input, request.event);
  const run = runOf(request.event);
  if (run && wiring.holdsLease) renewals.set(request, await holdLease(run));
}

function end<I, O>(wiring: StepWiring<I, O>, request: StepRequest<I, O>, { logger, telemetry }: Voice): void {
  clearInterval(renewals.get(request));
  const answer = request.response as O;
  const opened = factsOf(wiring.step, answer);
  logger.appendKeys(opened);
  telemetry.annotate(opened);
  logger.info('done', { answer: JSON.stringify(answer).slice(0, 1000) });
  if (wiring.measure) telemetry.add(wiring.measure(request.event, answer, sharedDeps().now()));
}

/** Also when the early timeout gave up: the work that it left stops at the signal. */
async function giveUp<I, O>(wiring: StepWiring<I, O>, request: StepRequest<I, O>, { logger, telemetry }: Voice): Promise<void> {
  clearInterval(renewals.get(request));
  const error = request.error as Error;
  logger.error('failed', { error: tellError(error) });
  if (!telemetry.isDeployed) return;
  concealRows(error);
  if (error.name === 'ThrottledWriteError') telemetry.add({ ThrottledWrites: 1 });
  if (!wiring.measureError) return;
  try {
    telemetry.add(await wiring.measureError(error, request.event, sharedDeps()));
  } catch (cause) {
    // The error of the step is what counts.
    logger.warn('not measured', { error: tellError(cause) });
  }
}

/** The run of an input or answer: of nearly all the value itself, of fail-run's and open-run's a part of it. */
function runOf(value: unknown): RunRef | undefined {
  const { run, runId, runSeq } = (value ?? {}) as Partial<RunRef> & { run?: Partial<RunRef> };
  const found = run ?? { runId, runSeq };
  return typeof found.runId === 'string' && typeof found.runSeq === 'number' ? (found as RunRef) : undefined;
}

/**
 * What log lines, traces and metric lines are found by. A run's fencing number is one higher at every attempt; its id ends in its
 * last date. An item of a Map has the key under which its receipt is filed.
 */
function factsOf(step: FunctionName, value: unknown): Record<string, string | number> {
  const run = runOf(value);
  if (!run) return {};
  const date = /\d{4}-\d\d-\d\d$/.exec(run.runId)?.[0];
  const item = itemOf(step, value);
  return { runId: run.runId, runSeq: run.runSeq, ...(date && { businessDate: date }), ...(item && { item }) };
}

function itemOf(step: FunctionName, event: unknown): string {
  return isMapStep(step) ? itemKey(step, event as Parameters<typeof itemKey>[1]) : '';
}

/** Records what an item of a Map threw, so that `require-complete` can name it. */
async function recordItemError<I, O>(step: FunctionName, { event, error }: StepRequest<I, O>, logger: Logger): Promise<void> {
  const run = runOf(event);
  if (!run || !error || !isMapStep(step)) return;
  const { name, message } = error;
  const item = itemOf(step, event);
  try {
    await recordError(sharedDeps(), run.runId, { step, item, name, message });
  } catch (cause) {
    logger.error('not recorded', { runId: run.runId, item, error: tellError(cause) });
  }
}
