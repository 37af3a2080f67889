import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  DistributedMap,
  type IChainable,
  JsonPath,
  Pass,
  Result,
  type RetryProps,
  StateMachineType,
  TaskInput,
  type TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { MapStep, Step } from '../../lib/keys.ts';
import { TASK_RETRIES } from './retry-policies.ts';

/** Lambda's own limit of every function, seconds: the most that Lambda allows. */
export const LAMBDA_TIMEOUT_SECONDS = 900;

/** TimeoutSeconds of every task: Lambda's limit + 60 s, so that a retry never runs beside a live first attempt. */
const TASK_TIMEOUT_SECONDS = LAMBDA_TIMEOUT_SECONDS + 60;

/** Where the machine keeps `{runId, runSeq}` of the run that it works for. */
export const RUN_PATH = '$.opened.run';

/** Where the machine keeps the ARN of the execution. */
export const EXECUTION_PATH = '$.execution';

/** Where the machine keeps what it caught last, `{Error, Cause}`. */
export const ERROR_PATH = '$.error';

/** The functions of the machine, one for each step. */
export type StepFunctionsByStep = Readonly<Record<Step, IFunction>>;

/** Name of the state of a step: `fold-shard` is `FoldShard`. */
function stateName(step: string): string {
  return step.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}

interface TaskOptions {
  /** What the handler gets: a path into the state, or a payload built from it. Default: all of the input. */
  readonly inputPath?: string;
  readonly payload?: TaskInput;
  /** Where the answer goes. Default: nowhere, the input is passed on. */
  readonly resultPath?: string;
  readonly retries?: readonly RetryProps[];
}

/** A Task that invokes a function by its plain ARN, with a timeout and retriers by error name. */
export function invokeTask(scope: Construct, id: string, lambdaFunction: IFunction, options: TaskOptions = {}): TaskStateBase {
  const task = LambdaInvoke.jsonPath(scope, id, {
    lambdaFunction,
    payloadResponseOnly: true,
    // CDK's own retrier covers four names only; ours cover these and more.
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(Duration.seconds(TASK_TIMEOUT_SECONDS)),
    resultPath: options.resultPath ?? JsonPath.DISCARD,
    inputPath: options.inputPath,
    payload: options.payload,
  });
  for (const retry of options.retries ?? TASK_RETRIES) task.addRetry(retry);
  return task;
}

/** A task on the whole run: gets `{runId, runSeq}`, passes the state on; any error that is left goes to `onError`. */
export function runTask(scope: Construct, step: Step, functions: StepFunctionsByStep, onError: IChainable): TaskStateBase {
  const task = invokeTask(scope, stateName(step), functions[step], { inputPath: RUN_PATH });
  return task.addCatch(onError, { errors: ['States.ALL'], resultPath: ERROR_PATH });
}

interface MapOptions {
  readonly step: MapStep;
  /** Name of the Map state in the plural, for example `FoldShards`; its task is the singular. */
  readonly name: string;
  readonly itemsPath: string;
  readonly maxConcurrency: number;
}

/**
 * A Map over the planned items of a step. An item's error ends the item, never the Map: what failed is told by
 * require-complete, because the engines disagree on what a failed Map reports. Every item, good or bad, answers `{}`: the
 * answers of all items together must fit 256 KiB even though they are thrown away, and one Cause alone may take 32 KiB.
 */
export function itemMap(scope: Construct, functions: StepFunctionsByStep, options: MapOptions): DistributedMap {
  const name = options.name.replace(/s$/, '');
  const ends = Pass.jsonPath(scope, `${name}ItemEnds`, { result: Result.fromObject({}) });
  const task = invokeTask(scope, name, functions[options.step]);
  task.addCatch(ends, { errors: ['States.ALL'] });
  return DistributedMap.jsonPath(scope, options.name, {
    itemsPath: options.itemsPath,
    maxConcurrency: options.maxConcurrency,
    mapExecutionType: StateMachineType.STANDARD,
    resultPath: JsonPath.DISCARD,
  }).itemProcessor(task.next(ends));
}

/** The task after a Map that throws the gravest recorded error of its items, if a planned output is missing. */
export function requireTask(
  scope: Construct,
  id: string,
  functions: StepFunctionsByStep,
  options: { readonly step: MapStep; readonly onError: IChainable },
): TaskStateBase {
  const task = invokeTask(scope, id, functions['require-complete'], {
    payload: TaskInput.fromObject({
      runId: JsonPath.stringAt(`${RUN_PATH}.runId`),
      runSeq: JsonPath.numberAt(`${RUN_PATH}.runSeq`),
      step: options.step,
    }),
  });
  return task.addCatch(options.onError, { errors: ['States.ALL'], resultPath: ERROR_PATH });
}

/** How long the machine waits between two looks at a missing drop. */
export const DROP_POLL = Duration.seconds(600);
