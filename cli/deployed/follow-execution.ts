import { setTimeout as sleep } from 'node:timers/promises';
import { errorOfName, TransientDependencyError } from '../../lib/errors.ts';
import { isMapStep, type MapStep, STEPS, type Step } from '../../lib/keys.ts';
import type { Opened } from '../../lib/run/contracts.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { readPlan } from '../../lib/run/plan.ts';
import { countReceipts, plannedItems } from '../../lib/run/receipts.ts';
import { describeExecution, type ExecutionEvent, type ExecutionState, readExecutionEvents } from '../../lib/store/executions.ts';
import type { Progress } from '../progress.ts';

/** Milliseconds between two looks: often in the first minute, then seldom. */
const LOOK_MS = { first: 1000, later: 4000, firstFor: 60_000 } as const;

/** Looks in a row that may fail: a laptop that changes its network does not stop following. */
const LOST_LOOKS = 20;

/** How an execution is followed. */
export interface FollowOptions {
  readonly deps: Pick<RunDeps, 'lake'>;
  readonly progress: Progress;
  /** Ends the following; the execution goes on. */
  readonly signal: AbortSignal;
  /** Milliseconds between two looks, instead of the usual ones. */
  readonly lookMs?: number;
}

/** An execution that has ended. */
export interface Ended extends ExecutionState {
  /** Id of the event with which fail-run was entered; 0 when it was not. */
  readonly failedAfter: number;
}

/** The step that a state of the machine works for: `FoldShards` and `FoldShard` are fold-shard; undefined for others. */
export function stepOfState(state: string): Step | undefined {
  const name = state.replaceAll(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  if (name.startsWith('require-')) return 'require-complete';
  return STEPS.find((step) => step === name) ?? STEPS.find((step) => `${step}s` === name);
}

/**
 * Waits for an execution to end and tells how far it is.
 *
 * @returns undefined when the signal ended it
 * @throws ConfigError, TransientDependencyError when it cannot be looked at any more
 */
export async function followExecution(arn: string, options: FollowOptions): Promise<Ended | undefined> {
  const { signal } = options;
  const watch = new Watch(arn, options);
  const startedMs = performance.now();
  for (let lost = 0; ; ) {
    try {
      // The state first: what is then read of the history tells all that led to it.
      const state = await describeExecution(arn);
      await watch.look();
      if (state.status !== 'RUNNING') return { ...state, failedAfter: watch.failedAfter };
      lost = 0;
    } catch (error) {
      if (!(error instanceof TransientDependencyError) || ++lost > LOST_LOOKS) throw error;
    }
    const usual = performance.now() - startedMs < LOOK_MS.firstFor ? LOOK_MS.first : LOOK_MS.later;
    await sleep(options.lookMs ?? usual, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
}

/** What is known of an execution so far. */
class Watch {
  readonly #arn: string;
  readonly #deps: Pick<RunDeps, 'lake'>;
  readonly #progress: Progress;
  readonly #noted = new Set<string>();
  /** Milliseconds by which this clock is before the one of the events. */
  #aheadMs: number | undefined;
  #after = 0;
  #openedAfter = 0;
  #runId = '';
  #step: { readonly step: Step; readonly at: number } | undefined;
  failedAfter = 0;

  constructor(arn: string, { deps, progress }: FollowOptions) {
    this.#arn = arn;
    this.#deps = deps;
    this.#progress = progress;
  }

  /** Tells what happened since the last look. */
  async look(): Promise<void> {
    const events = await readExecutionEvents(this.#arn, this.#after, false);
    for (const event of events) {
      this.#aheadMs ??= Date.now() - event.at;
      await this.#take(event);
      this.#after = event.id;
    }
    const step = this.#step?.step;
    if (step === undefined || !isMapStep(step) || this.#runId === '') return;
    this.#progress.reach(step, await countReceipts(this.#deps, this.#runId, step));
  }

  async #take(event: ExecutionEvent): Promise<void> {
    const { kind, state, at, id } = event;
    const step = stepOfState(state);
    if (kind === 'failed' && this.#step?.step === 'open-run') await this.#noteLock(id);
    if (step === undefined) return;
    if (kind === 'entered') this.#enter(step, event);
    // A Map's items run below its own state: theirs are no steps of the run.
    if (kind !== 'left' || this.#step?.step !== step) return;
    this.#progress.complete(step, at - this.#step.at);
    if (step === 'open-run') await this.#learnRun();
    if (step === 'plan-run') await this.#learnPlan();
  }

  #enter(step: Step, { at, id }: ExecutionEvent): void {
    if (this.#step?.step === step) return;
    if (step === 'open-run') this.#openedAfter = id;
    if (step === 'fail-run') this.failedAfter = id;
    this.#step = { step, at };
    this.#progress.begin(step, Math.max(0, Date.now() - (this.#aheadMs ?? 0) - at));
  }

  /** The run's id, which receipts and plan are filed under. */
  async #learnRun(): Promise<void> {
    const events = await readExecutionEvents(this.#arn, this.#openedAfter, true);
    const left = events.find(({ kind, state }) => kind === 'left' && stepOfState(state) === 'open-run');
    const opened = (left?.output as { opened?: Opened } | undefined)?.opened;
    if (opened?.decision === 'go') this.#runId = opened.run.runId;
  }

  async #learnPlan(): Promise<void> {
    if (this.#runId === '') return;
    const plan = await readPlan(this.#deps, this.#runId);
    const total = (step: MapStep) => plannedItems(plan, step).length;
    this.#progress.plan({
      'ingest-drop': total('ingest-drop'),
      'fold-shard': total('fold-shard'),
      'score-shard': total('score-shard'),
      'publish-segments': total('publish-segments'),
      'project-shard': total('project-shard'),
    });
  }

  /** Says that the run waits for another one, once for each. */
  async #noteLock(id: number): Promise<void> {
    const [failed] = await readExecutionEvents(this.#arn, id - 1, true);
    if (failed?.error !== 'LockHeldError') return;
    const text = messageOf(failed.cause);
    const holder = text.replace(/ until .*/, '');
    if (this.#noted.has(holder)) return;
    this.#noted.add(holder);
    this.#progress.note(`note: ${text} It is asked again every minute, for an hour.`);
  }
}

/** The message in what Lambda tells of an error; other causes are messages themselves. */
export function messageOf(cause: string): string {
  try {
    return (JSON.parse(cause) as { errorMessage?: string }).errorMessage ?? cause;
  } catch {
    return cause;
  }
}

/** The error with its message and where to look, for the run that is no longer followed goes on. */
export function lostSight(error: Error, look: string): Error {
  return errorOfName(error.name, `${error.message} The run goes on without you; look at it with ${look}`, { cause: error });
}
