import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { InvariantBrokenError } from '../../lib/errors.ts';
import { STEPS, type Step } from '../../lib/keys.ts';
import { LOCAL_ARN_PREFIX, loadDefinition } from './definition.ts';

export { loadDefinition };

/** Seven days: a laptop has no Lambda limit, and a history of years may take it hours. */
const LOCAL_TASK_TIMEOUT_SECONDS = 7 * 86_400;

/** What the context object of Step Functions would tell: an execution of a laptop has no ARN, and nothing is told of it later. */
const LOCAL_CONTEXT = { Execution: { Id: '' } };

/** What answers for a step. Input and answer are JSON values. */
export type StepHandlers = Readonly<Record<Step, (payload: unknown) => Promise<unknown>>>;

/** How the machine is run. */
export interface RunMachineOptions {
  /** Length of every Wait state, seconds. Default: as defined. */
  readonly waitSecondsOverride?: number | undefined;
  /** Pause before every retry, seconds. Default: as defined. */
  readonly retrySecondsOverride?: number | undefined;
  /** Items of one Map that run at once, at the most. Default: as defined. */
  readonly mapConcurrency?: number | undefined;
  /** Ends the run: no further handler is called; those that run now are waited for. */
  readonly signal?: AbortSignal | undefined;
}

/** Why a run failed. */
export interface MachineError {
  /** Name of the error that led to fail-run; of fail-run's own, or of the machine, when there was none. */
  readonly name: string;
  readonly message: string;
  /** The very error that a handler threw, where there is one. */
  readonly thrown?: unknown;
  /** What went wrong in fail-run itself, when it did. */
  readonly failRun?: { readonly name: string; readonly message: string };
}

/** How a run ended. `output` is the machine's state: `request`, `execution`, `opened`, `plan`. */
export type MachineOutcome =
  | { readonly status: 'succeeded'; readonly output: unknown }
  | { readonly status: 'failed'; readonly output: null; readonly error: MachineError };

/**
 * Runs the machine in this process. Returns only when every handler that was called has ended.
 *
 * @param definition of `loadDefinition`; its timeouts are widened to 7 days
 * @param request input of the machine, JSON
 * @returns how it ended; an error of a handler is an outcome, never thrown
 * @throws InvariantBrokenError when a task's resource is not a step
 */
export async function runMachine(
  definition: StateMachineDefinition,
  request: unknown,
  handlers: StepHandlers,
  options: RunMachineOptions = {},
): Promise<MachineOutcome> {
  const local = localDefinition(definition, options);
  const calls = new Calls(handlers);
  const states = statesOf(local);
  const execution = new StateMachine(local, { validationOptions: { noValidate: true } }).run(asJson(request), {
    context: LOCAL_CONTEXT,
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(
        states.filter(isTask).map(({ name, state }) => {
          const step = stepOf(name, state.Resource);
          return [name, (payload: unknown) => calls.invoke(step, payload)];
        }),
      ),
      waitTimeOverrides: overrideAll(states, 'Wait', options.waitSecondsOverride),
      retryIntervalOverrides: overrideAll(states, 'Task', options.retrySecondsOverride),
    },
  });
  const abort = () => {
    calls.close();
    execution.abort();
  };
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    return { status: 'succeeded', output: await execution.result };
  } catch (error) {
    return { status: 'failed', output: null, error: calls.explain(error) };
  } finally {
    options.signal?.removeEventListener('abort', abort);
    // The interpreter goes on with queued items of a Map that has failed: they find the door shut.
    calls.close();
    await calls.settled();
  }
}

type Json = Parameters<StateMachine['run']>[0];

/** Calls of handlers, with errors in the form in which Lambda reports them. */
class Calls {
  readonly #handlers: StepHandlers;
  readonly #running = new Set<Promise<unknown>>();
  /** What was thrown, by the Cause that it became. */
  readonly #thrown = new Map<string, unknown>();
  #caught: { Error: string; Cause?: string } | undefined;
  #closed = false;

  constructor(handlers: StepHandlers) {
    this.#handlers = handlers;
  }

  async invoke(step: Step, payload: unknown): Promise<Json> {
    if (this.#closed) throw new Error('The run has ended.');
    // What fail-run is told is why the run failed.
    if (step === 'fail-run') this.#caught = (payload as { error: { Error: string; Cause?: string } }).error;
    const call = this.#answer(step, payload);
    this.#running.add(call);
    try {
      return await call;
    } finally {
      this.#running.delete(call);
    }
  }

  async #answer(step: Step, payload: unknown): Promise<Json> {
    try {
      return asJson(await this.#handlers[step](asJson(payload)));
    } catch (error) {
      const failure = asLambdaError(error);
      this.#thrown.set(failure.message, error);
      throw failure;
    }
  }

  /** From now on no handler is called. */
  close(): void {
    this.#closed = true;
  }

  /** Waits for the handlers that were called. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** @param rejection what the interpreter rejected with */
  explain(rejection: unknown): MachineError {
    const ended = endOf(rejection);
    const end = { name: ended.name, message: messageOf(ended.message) };
    const caught = this.#caught;
    if (!caught) return { ...end, ...this.#thrownAs(ended.message) };
    const cause = caught.Cause ?? '';
    return {
      name: caught.Error,
      message: messageOf(cause),
      ...this.#thrownAs(cause),
      ...(ended.name === 'RunFailed' ? {} : { failRun: end }),
    };
  }

  #thrownAs(cause: string): { thrown?: unknown } {
    return this.#thrown.has(cause) ? { thrown: this.#thrown.get(cause) } : {};
  }
}

/** The interpreter matches `name` against ErrorEquals and passes `message` on as Cause. */
function asLambdaError(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const cause = { errorType: name, errorMessage: message, trace: (stack ?? '').split('\n') };
  const failure = new Error(JSON.stringify(cause));
  failure.name = name;
  return failure;
}

/** The error behind the interpreter's `ExecutionError`, or the rejection itself when it was aborted. */
function endOf(rejection: unknown): Error {
  const cause = rejection instanceof Error && rejection.name === 'ExecutionError' ? rejection.cause : rejection;
  return cause instanceof Error ? cause : new Error(String(cause));
}

/** The message in a Cause of Lambda; other Causes are messages themselves. */
function messageOf(cause: string): string {
  if (!cause.startsWith('{')) return cause;
  const { errorMessage } = JSON.parse(cause) as { errorMessage?: string };
  return errorMessage ?? cause;
}

/** What JSON keeps of a value, as between Lambda and Step Functions; `undefined` is null. */
function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json;
}

type State = StateMachineDefinition['States'][string];
interface NamedState {
  readonly name: string;
  readonly state: State;
}

/** A copy with limits that fit one machine instead of Lambda. */
function localDefinition(definition: StateMachineDefinition, { mapConcurrency }: RunMachineOptions): StateMachineDefinition {
  const { TimeoutSeconds: _, ...local } = structuredClone(definition);
  for (const { state } of statesOf(local)) {
    if (state.Type === 'Task') state.TimeoutSeconds = LOCAL_TASK_TIMEOUT_SECONDS;
    if (state.Type === 'Map' && mapConcurrency !== undefined) {
      state.MaxConcurrency = Math.min(state.MaxConcurrency ?? mapConcurrency, mapConcurrency);
    }
  }
  return local;
}

/** All states, those inside Maps included. Names are unique throughout, which `infra/machine/subset.ts` checks. */
function statesOf(graph: Pick<StateMachineDefinition, 'States'>): NamedState[] {
  return Object.entries(graph.States).flatMap(([name, state]) => [
    { name, state },
    ...(state.Type === 'Map' && state.ItemProcessor ? statesOf(state.ItemProcessor) : []),
  ]);
}

function isTask(named: NamedState): named is NamedState & { state: Extract<State, { Type: 'Task' }> } {
  return named.state.Type === 'Task';
}

function stepOf(state: string, resource: string): Step {
  const step = STEPS.find((name) => resource === LOCAL_ARN_PREFIX + name);
  if (!step)
    throw new InvariantBrokenError(`State ${state}: resource ${resource}, expected a step. See cli/local/definition.ts.`);
  return step;
}

function overrideAll(states: readonly NamedState[], type: State['Type'], seconds: number | undefined): Record<string, number> {
  if (seconds === undefined) return {};
  const chosen = states.filter(({ state }) => state.Type === type);
  return Object.fromEntries(chosen.map(({ name }) => [name, seconds * 1000]));
}
