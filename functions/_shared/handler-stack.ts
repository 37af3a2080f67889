import { hostname } from 'node:os';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { explainIssues } from '../../lib/config/load.ts';
import { ContractMismatchError } from '../../lib/errors.ts';
import { isMapStep, type Step } from '../../lib/keys.ts';
import type { RunRef } from '../../lib/run/contracts.ts';
import { itemKey, type RunDeps } from '../../lib/run/deps.ts';
import { openDeps } from '../../lib/run/open-deps.ts';
import { recordError, renewLease } from '../../lib/run/run-ledger.ts';
import { parseEnv } from './env.ts';

/** Milliseconds between two renewals of the lease by a running handler. */
const RENEW_MS = 30_000;

/** Milliseconds before the function's limit at which the signal stops the work. */
const EARLY_MS = 2000;

/** An answer above this is a mistake: answers are pointers and counts. Step Functions' 256 KiB less 16 KiB for the rest of the state. */
const MAX_ANSWER_BYTES = 262_144 - 16_384;

/** A handler as Lambda and the local machine call it. */
export type StepHandler = (event: unknown, context: Context) => Promise<unknown>;

/** How a step is wired. */
export interface StepWiring<I, O> {
  readonly step: Step;
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
  /** False for the steps that act before or after the lease. */
  readonly holdsLease: boolean;
  readonly run: (input: I, deps: RunDeps, signal: AbortSignal) => Promise<O>;
}

let deps: RunDeps | undefined;

/** The stores of this process, opened once. */
function sharedDeps(): RunDeps {
  if (deps) return deps;
  const env = parseEnv();
  const functionName = env.AWS_LAMBDA_FUNCTION_NAME;
  const owner = { host: functionName || hostname(), pid: process.pid, command: functionName || process.argv.slice(2).join(' ') };
  // Sandboxes of one function share its name, and an id of another sandbox tells nothing here: there a lease only runs out.
  deps = openDeps(env, owner, functionName ? () => false : isDead);
  return deps;
}

/** Lets the stores of this process go: the next step opens what the environment names then. For a process that opens several homes. */
export function forgetDeps(): void {
  deps = undefined;
}

function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * The one chain around every step: log context, early timeout, input schema, lease, the use case, output schema, and the record of
 * what a Map item threw. Nothing else knows middy.
 */
export function stepHandler<I, O>(wiring: StepWiring<I, O>): StepHandler {
  const logger = new Logger({ serviceName: `perennial-${wiring.step}` });
  let renewals: NodeJS.Timeout | undefined;
  const endRenewals = () => clearInterval(renewals);
  return middy<I, O, Error, Context>({ timeoutEarlyInMillis: EARLY_MS })
    .use(injectLambdaContext(logger, { clearState: true }))
    .before(async (request) => {
      request.event = parseInput(wiring, request.event);
      const run = runOf(request.event);
      if (run) logger.appendKeys({ ...run, item: itemOf(wiring.step, request.event) });
      if (run && wiring.holdsLease) renewals = await holdLease(sharedDeps(), run);
    })
    .after((request) => {
      endRenewals();
      logger.info('done', { answer: JSON.stringify(request.response).slice(0, 1000) });
    })
    .onError(async (request) => {
      // Also when the early timeout gave up: the work it left stops at the signal.
      endRenewals();
      const error = request.error as Error;
      logger.error('failed', { error });
      await recordItemError(wiring.step, request.event, error).catch((cause: unknown) => {
        logger.error('not recorded', { error: cause as Error });
      });
    })
    .handler(async (event: I, _context: Context, { signal }: { signal: AbortSignal }) =>
      checkAnswer(wiring, await wiring.run(event, sharedDeps(), signal)),
    ) as unknown as StepHandler;
}

function parseInput<I>(wiring: { step: Step; input: z.ZodType<I> }, event: unknown): I {
  const parsed = wiring.input.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new ContractMismatchError(
    `Input of ${wiring.step}: ${explainIssues(parsed.error)}. The machine and the functions are of different versions; deploy both.`,
  );
}

function checkAnswer<O>(wiring: { step: Step; output: z.ZodType<O> }, answer: unknown): O {
  const parsed = wiring.output.safeParse(answer);
  if (!parsed.success)
    throw new ContractMismatchError(`Answer of ${wiring.step}: ${explainIssues(parsed.error)}. Report this bug.`);
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data));
  if (bytes > MAX_ANSWER_BYTES) {
    throw new ContractMismatchError(
      `Answer of ${wiring.step}: ${bytes} bytes, expected at most ${MAX_ANSWER_BYTES}. Use fewer shards or segments.`,
    );
  }
  return parsed.data;
}

function runOf(event: unknown): RunRef | undefined {
  const { runId, runSeq } = event as Partial<RunRef>;
  return runId !== undefined && runSeq !== undefined ? { runId, runSeq } : undefined;
}

function itemOf(step: Step, event: unknown): string {
  return isMapStep(step) ? itemKey(step, event as Parameters<typeof itemKey>[1]) : '';
}

/** Renews the lease now and every 30 s. @returns the timer of the renewals @throws RunSupersededError when it is lost */
async function holdLease(deps: RunDeps, run: RunRef): Promise<NodeJS.Timeout> {
  await renewLease(deps, run);
  const timer = setInterval(() => {
    // A renewal that fails is not an error yet: the next conditional write of the run tells.
    renewLease(deps, run).catch(() => undefined);
  }, RENEW_MS);
  return timer.unref();
}

/** Records what an item of a Map threw, so that `require-complete` can name it. */
async function recordItemError(step: Step, event: unknown, { name, message }: Error): Promise<void> {
  const run = runOf(event);
  if (!run || !isMapStep(step)) return;
  await recordError(sharedDeps(), run.runId, { step, item: itemOf(step, event), name, message });
}
