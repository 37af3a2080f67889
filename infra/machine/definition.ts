import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  type IChainable,
  type INextable,
  JsonPath,
  Pass,
  type State,
  Succeed,
  TaskInput,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { MapStep } from '../../lib/keys.ts';
import { OPEN_RUN_RETRIES } from './retry-policies.ts';
import {
  DROP_POLL,
  ERROR_PATH,
  EXECUTION_PATH,
  invokeTask,
  itemMap,
  RUN_PATH,
  requireTask,
  runTask,
  type StepFunctionsByStep,
} from './task-states.ts';

/**
 * The one state machine: nightly runs and backfills, on AWS and in the local interpreter. It keeps to the subset that
 * `subset.ts` checks: JSONPath, no Retry or Catch on a Map, static Fail.
 *
 * State that passes through: `request` (what was asked), `execution` (whose state it is), `opened` (open-run's answer), `plan` (items of every Map) and,
 * after a Catch, `error`.
 */

interface MapStage {
  readonly step: MapStep;
  readonly map: string;
  readonly require: string;
  readonly itemsPath: string;
}

/** The Maps, each with the task that must find its outputs complete. */
const MAP_STAGES = {
  ingest: { step: 'ingest-drop', map: 'IngestDrops', require: 'RequireIngest', itemsPath: '$.plan.batches' },
  fold: { step: 'fold-shard', map: 'FoldShards', require: 'RequireFold', itemsPath: '$.plan.shards' },
  score: { step: 'score-shard', map: 'ScoreShards', require: 'RequireScore', itemsPath: '$.plan.shards' },
  publish: { step: 'publish-segments', map: 'PublishSegments', require: 'RequirePublish', itemsPath: '$.plan.publications' },
  project: { step: 'project-shard', map: 'ProjectShards', require: 'RequireProject', itemsPath: '$.plan.shards' },
} as const satisfies Record<string, MapStage>;

/** What the machine is built from. */
export interface MachineProps {
  readonly functions: StepFunctionsByStep;
  /** Items of one Map that run at once; Step Functions' own default would be 10,000. */
  readonly maxConcurrency: number;
}

/**
 * Builds the states below `scope`.
 *
 * @param scope an empty construct of its own, so that state names of two machines in one stack do not meet
 */
export function machineDefinition(scope: Construct, props: MachineProps): DefinitionBody {
  const { functions } = props;
  const failRun = failRoute(scope, functions);
  const task = (step: Parameters<typeof runTask>[1]) => runTask(scope, step, functions, failRun);
  const stage = ({ step, map, require, itemsPath }: MapStage): Link[] => [
    itemMap(scope, functions, { step, name: map, itemsPath, maxConcurrency: props.maxConcurrency }),
    requireTask(scope, require, functions, { step, onError: failRun }),
  ];

  const planRun = invokeTask(scope, 'PlanRun', functions['plan-run'], { inputPath: RUN_PATH, resultPath: '$.plan' });
  planRun.addCatch(failRun, { errors: ['States.ALL'], resultPath: ERROR_PATH });

  chain([
    planRun,
    ...stage(MAP_STAGES.ingest),
    ...stage(MAP_STAGES.fold),
    task('calibrate'),
    ...stage(MAP_STAGES.score),
    task('verify-run'),
    task('report'),
    ...stage(MAP_STAGES.publish),
    task('commit-run'),
    ...stage(MAP_STAGES.project),
    task('close-run'),
    Succeed.jsonPath(scope, 'Done'),
  ]);

  const begin = Pass.jsonPath(scope, 'Begin', {
    parameters: { request: JsonPath.objectAt('$'), execution: JsonPath.stringAt('$$.Execution.Id') },
  });
  return DefinitionBody.fromChainable(begin.next(openRoute(scope, functions, { failRun, planRun })));
}

type Link = State & Partial<INextable> & IChainable;

/** Connects states one after the other. */
function chain(links: readonly Link[]): void {
  for (const [index, link] of links.entries()) {
    const following = links[index + 1];
    if (following) link.next?.(following);
  }
}

/** fail-run, then the Fail state. An error of fail-run itself fails the execution. */
function failRoute(scope: Construct, functions: StepFunctionsByStep): State {
  const failRun = invokeTask(scope, 'FailRun', functions['fail-run'], {
    payload: TaskInput.fromObject({
      run: JsonPath.objectAt(RUN_PATH),
      execution: JsonPath.stringAt(EXECUTION_PATH),
      error: JsonPath.objectAt(ERROR_PATH),
    }),
  });
  failRun.next(
    Fail.jsonPath(scope, 'RunFailed', {
      error: 'RunFailed',
      cause: 'A step failed; the run record and the notification of fail-run say which, and why.',
    }),
  );
  return failRun;
}

/** open-run and what its answer leads to: wait and ask again, nothing to do, or a run to work on. */
function openRoute(
  scope: Construct,
  functions: StepFunctionsByStep,
  next: { readonly failRun: State; readonly planRun: State },
): State {
  const openRun = invokeTask(scope, 'OpenRun', functions['open-run'], {
    payload: TaskInput.fromObject({ request: JsonPath.objectAt('$.request'), execution: JsonPath.stringAt(EXECUTION_PATH) }),
    resultPath: '$.opened',
    retries: OPEN_RUN_RETRIES,
  });
  // Without an open run there is nothing for fail-run to mark; it still notifies.
  const nothingOpened = Pass.jsonPath(scope, 'NothingOpened', {
    parameters: {
      opened: { run: { runId: 'none', runSeq: 0 } },
      execution: JsonPath.stringAt(EXECUTION_PATH),
      error: JsonPath.objectAt(ERROR_PATH),
    },
  }).next(next.failRun);
  openRun.addCatch(nothingOpened, { errors: ['States.ALL'], resultPath: ERROR_PATH });

  const waitForDrop = Wait.jsonPath(scope, 'WaitForDrop', { time: WaitTime.duration(DROP_POLL) });
  waitForDrop.next(openRun);
  const decision = Choice.jsonPath(scope, 'OpenDecision')
    .when(Condition.stringEquals('$.opened.decision', 'wait'), waitForDrop)
    .when(Condition.stringEquals('$.opened.decision', 'done'), Succeed.jsonPath(scope, 'AlreadyDone'))
    .otherwise(next.planRun);
  openRun.next(decision);
  return openRun;
}
