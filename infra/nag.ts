import { type App, type CfnElement, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import type { PerennialPipeline } from './constructs/perennial-pipeline.ts';
import { objectsOf, STEP_RIGHTS, type StepRights, WATCH_RIGHTS } from './rights.ts';

/**
 * The rules of cdk-nag's AwsSolutions pack over a pipeline, and every finding that is meant to be there, with the reason. A rule
 * is acknowledged by the exact id of a finding and for the smallest construct.
 */

/** A finding that is meant to be there, of `scope` or something below it. */
interface Acknowledged {
  readonly scope: IConstruct;
  readonly id: string;
  readonly reason: string;
}

const NO_RESOURCES = 'X-Ray and the deliveries of logs have no resources that a statement could name';

/** Everything that is acknowledged of a pipeline. */
export function acknowledgements(pipeline: PerennialPipeline): Acknowledged[] {
  const { functions, schedule, watch } = pipeline;
  const find = (id: string) => pipeline.node.findChild(id);
  const roles = [
    ...Object.entries(STEP_RIGHTS).map(([step, rights]) => [functions.byStep[step as keyof typeof STEP_RIGHTS], rights] as const),
    [watch.lambda, WATCH_RIGHTS] as const,
  ];
  const executions = (suffix: string) =>
    `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${logicalId(pipeline.machine)}.Name>${suffix}`;
  return [
    ...roles.flatMap(([lambda, rights]) => ofRole(lambda.role as IConstruct, rights, pipeline)),
    resource(find('MachineRole'), '*', NO_RESOURCES),
    resource(find('OwnExecutions'), executions(':*'), 'items of its own Maps, whose names Step Functions makes'),
    resource(find('OwnExecutions'), executions('/*:*'), 'items of its own Maps that are redriven'),
    resource(Stack.of(pipeline), `<${logicalId(watch.lambda)}.Arn>:*`, "versions of watch-night: the CDK's target adds them"),
    { scope: schedule.deadLetters, id: 'AwsSolutions-SQS3', reason: 'it is the queue of dead letters itself' },
  ];
}

function ofRole(role: IConstruct, rights: StepRights, { storage, dropsBuckets }: PerennialPipeline): Acknowledged[] {
  const objects = objectsOf(rights);
  const patterns = (['lake', 'exports'] as const).flatMap((place) =>
    [...objects[place].reads, ...objects[place].writes].map((pattern) => `<${logicalId(storage[place])}.Arn>/${pattern}`),
  );
  const drops = rights.readsDrops ? dropsBuckets.map(({ name }) => `arn:<AWS::Partition>:s3:::${name}/*`) : [];
  return [
    resource(role, '*', NO_RESOURCES),
    ...patterns
      .filter((pattern) => pattern.includes('*'))
      .map((pattern) => resource(role, pattern, 'one kind of objects, whose dates, runs and shards vary')),
    ...drops.map((pattern) => resource(role, pattern, 'drops of a bucket that was named at the deployment')),
  ];
}

const resource = (scope: IConstruct, of: string, reason: string): Acknowledged => ({
  scope,
  id: `AwsSolutions-IAM5[Resource::${of}]`,
  reason,
});

function logicalId(construct: IConstruct): string {
  return Stack.of(construct).getLogicalId(construct.node.defaultChild as CfnElement);
}

/** A finding of a construct, by the path of the construct. */
interface Finding {
  readonly path: string;
  readonly id: string;
}

/** What the pack finds in an app, without what was acknowledged before. */
export function nagFindings(app: App): Finding[] {
  return new AwsSolutionsChecks()
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ path: constructPath ?? '', id: ruleName })),
    );
}

/** Acknowledges what is meant to be there, and lets every synthesis of the app run the pack: it fails on the rest. */
export function nagApp(app: App, pipeline: PerennialPipeline): void {
  for (const { scope, id, reason } of acknowledgements(pipeline)) Validations.of(scope).acknowledge({ id, reason });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
