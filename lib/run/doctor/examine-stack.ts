import { canonicalJson } from '../../config/load.ts';
import { lakeKeys } from '../../keys.ts';
import { describeStack, listStackResources, type StackPlaces, type StackResource } from '../../store/stack.ts';
import {
  countMessages,
  countSubscriptions,
  describeAlarms,
  describeMachine,
  describeSchedule,
} from '../../store/stack-health.ts';
import { counted } from '../counted.ts';
import type { RunDeps } from '../deps.ts';
import { examineState } from './examine-state.ts';
import { examine, type Finding, ok, oneLine, problem, warning } from './finding.ts';

/** What a stack is compared with, and how its stores are reached. */
export interface StackExpectations {
  /** The machine that this checkout synthesises, in the States language. */
  readonly definition: () => Promise<unknown>;
  /** Opens what the stack keeps. */
  readonly open: () => Promise<RunDeps>;
}

/** Looks at a deployed stack and at what it keeps, and changes nothing. Never throws: what cannot be read is a finding. */
export async function examineStack(name: string, { definition, open }: StackExpectations): Promise<Finding[]> {
  let stack: StackPlaces;
  let resources: StackResource[];
  try {
    stack = await describeStack(name);
    // What an update took out may still be listed.
    resources = (await listStackResources(name)).filter(({ status }) => !/^DELETE_(COMPLETE|SKIPPED)$/.test(status));
  } catch (error) {
    return [problem('stack', oneLine((error as Error).message), '')];
  }
  const idsOf = (type: string) => resources.filter((one) => one.type === type).map(({ physicalId }) => physicalId);
  const findings = [
    checkStatus(stack),
    checkResources(resources),
    await examine('machine', () => checkMachine(stack.machineArn, definition)),
    await examine('notices', () => checkNotices(stack.noticesTopicArn)),
    ...(await eachOf('schedule', idsOf('AWS::Scheduler::Schedule'), checkSchedule)),
    ...(await eachOf('dead letters', idsOf('AWS::SQS::Queue'), checkQueue)),
    ...(await examineAlarms(idsOf('AWS::CloudWatch::Alarm'))),
  ];
  try {
    const deps = await open();
    return [...findings, ...(await examineStores(deps)), ...(await examineState(deps))];
  } catch (error) {
    return [...findings, problem('stores', oneLine((error as Error).message), '')];
  }
}

function checkStatus({ stackName, status, region }: StackPlaces): Finding {
  const found = `${stackName} in ${region}: ${status}`;
  if (status.endsWith('_IN_PROGRESS')) return warning('stack', found, 'Wait for cdk deploy to end, then look again: `doctor`.');
  if (/ROLLBACK|FAILED/.test(status)) {
    return warning('stack', `${found}: the last update did not succeed`, 'See its events, correct the cause, deploy again.');
  }
  return ok('stack', found);
}

function checkResources(resources: readonly StackResource[]): Finding {
  const failed = resources.filter(({ status }) => /FAILED|DELETE/.test(status));
  if (failed.length === 0) return ok('resources', `${counted(resources.length, 'resource')}, all in place`);
  const [first] = failed as [StackResource];
  return problem(
    'resources',
    `${failed.length} of ${resources.length} not in place, the first ${first.logicalId} (${first.type}): ${first.status}`,
    'Deploy again.',
  );
}

async function checkMachine(arn: string, expected: StackExpectations['definition']): Promise<Finding> {
  const { status, definition } = await describeMachine(arn);
  if (status !== 'ACTIVE') return problem('machine', status, 'Deploy again.');
  if (shapeOf(JSON.parse(definition)) === shapeOf(await expected())) return ok('machine', 'active, as this checkout makes it');
  return warning(
    'machine',
    'active, but of another version than this checkout',
    'Deploy this checkout, or use the one that was deployed.',
  );
}

/** A definition without what differs between deployments of one version: ARNs, and the limits that deploy options set. */
function shapeOf(definition: unknown): string {
  const kept = (value: unknown): unknown => {
    if (typeof value === 'string') return value.startsWith('arn:') ? 'arn' : value;
    if (Array.isArray(value)) return value.map(kept);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([name]) => name !== 'MaxConcurrency' && name !== 'Comment');
    return Object.fromEntries(entries.map(([name, part]) => [name, kept(part)]));
  };
  return canonicalJson(kept(definition));
}

async function checkNotices(topicArn: string): Promise<Finding> {
  const { confirmed, pending } = await countSubscriptions(topicArn);
  if (confirmed > 0)
    return ok('notices', `${counted(confirmed, 'subscriber')}${pending > 0 ? `, ${pending} not confirmed` : ''}`);
  return warning(
    'notices',
    pending > 0 ? `nobody confirmed a subscription (${pending} pending)` : 'nobody is subscribed',
    `Subscribe whoever should know: aws sns subscribe --topic-arn ${topicArn} --protocol email --notification-endpoint ADDRESS, and confirm.`,
  );
}

async function checkSchedule(name: string): Promise<Finding> {
  const { isEnabled, when } = await describeSchedule(name);
  if (isEnabled) return ok('schedule', `${name}: ${when}`);
  return warning('schedule', `${name}: ${when}, disabled`, 'Enable it in the deploy options (schedule.enabled), then deploy.');
}

async function checkQueue(url: string): Promise<Finding> {
  const depth = await countMessages(url);
  const name = url.slice(url.lastIndexOf('/') + 1);
  if (depth === 0) return ok('dead letters', `${name}: empty`);
  return problem('dead letters', `${name}: ${counted(depth, 'message')}`, 'See "Alarm: dead-letters" in docs/runbook.md.');
}

async function examineAlarms(names: readonly string[]): Promise<Finding[]> {
  if (names.length === 0) return [warning('alarms', 'none in this stack', 'Deploy this version, which has some.')];
  try {
    const alarms = await describeAlarms(names);
    const raised = alarms.filter(({ state }) => state === 'ALARM');
    if (raised.length === 0 && alarms.length === names.length)
      return [ok('alarms', `${counted(alarms.length, 'alarm')}, none raised`)];
    const missing = names.length - alarms.length;
    return [
      ...(missing > 0 ? [problem('alarms', `${missing} of ${names.length} are not in CloudWatch`, 'Deploy again.')] : []),
      ...raised.map(({ name, reason, description }) => problem('alarm', oneLine(`${name}: ${reason}`), oneLine(description))),
    ];
  } catch (error) {
    return [problem('alarms', oneLine((error as Error).message), '')];
  }
}

/** One check per item. Without an item there is nothing of this kind in the stack, which is a finding too. */
async function eachOf(check: string, items: readonly string[], look: (item: string) => Promise<Finding>): Promise<Finding[]> {
  if (items.length === 0) return [problem(check, 'none in this stack', 'Deploy again.')];
  const findings: Finding[] = [];
  for (const item of items) findings.push(await examine(check, () => look(item)));
  return findings;
}

/** Buckets and tables answer. */
async function examineStores(deps: RunDeps): Promise<Finding[]> {
  const someone = { customer_id: '-' };
  const stores: (readonly [string, string, () => Promise<unknown>])[] = [
    ['lake', deps.lake.url, () => deps.lake.stat(lakeKeys.configPointer)],
    ['exports bucket', deps.exports.url, () => deps.exports.stat('v1')],
    ['profiles', deps.profiles.name, () => deps.profiles.get(someone)],
    ['transitions', deps.transitions.name, () => deps.transitions.get({ ...someone, happened: '-' })],
    ['runs', deps.runs.name, () => deps.runs.get({ pk: 'CURRENT', sk: '-' })],
  ];
  const findings: Finding[] = [];
  for (const [check, name, ask] of stores) {
    findings.push(
      await examine(check, async () => {
        await ask();
        return ok(check, `${name} answers`);
      }),
    );
  }
  return findings;
}
