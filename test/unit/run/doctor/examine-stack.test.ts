import { CloudFormationClient, DescribeStacksCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { examineStack } from '../../../../lib/run/doctor/examine-stack.ts';
import { emptyPlaces, memoryDeps } from '../../../support/run-in-memory.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:Notices';
const OUTPUTS = {
  LakeBucket: 'lake',
  ExportsBucket: 'exports',
  ProfilesTable: 'profiles',
  TransitionsTable: 'transitions',
  RunsTable: 'runs',
  MachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:M',
  NoticesTopicArn: TOPIC,
  PiiKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/pii',
  DataKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/data',
};
const RESOURCES = [
  ['Nightly', 'AWS::Scheduler::Schedule', 'Shop-Nightly'],
  ['DeadLetters', 'AWS::SQS::Queue', 'https://sqs.eu-central-1.amazonaws.com/123456789012/Dead'],
  ['RunFailed', 'AWS::CloudWatch::Alarm', 'Shop-RunFailed'],
  ['Lake', 'AWS::S3::Bucket', 'lake'],
];
const machine = (fn: string, more = {}) => ({
  StartAt: 'Fold',
  States: { Fold: { Type: 'Task', Resource: fn, End: true, ...more } },
});

const cloud = mockClient(CloudFormationClient);
const steps = mockClient(SFNClient);
const topics = mockClient(SNSClient);
const schedules = mockClient(SchedulerClient);
const queues = mockClient(SQSClient);
const alarms = mockClient(CloudWatchClient);
const mocks = [cloud, steps, topics, schedules, queues, alarms];

/** A healthy stack. */
function answerWell(): void {
  for (const mock of mocks) mock.reset();
  const Outputs = Object.entries(OUTPUTS).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
  const stack = { StackName: 'Shop', StackStatus: 'UPDATE_COMPLETE' as const, CreationTime: new Date(0), Outputs };
  cloud.on(DescribeStacksCommand).resolves({ Stacks: [stack] });
  cloud.on(ListStackResourcesCommand).resolves({
    StackResourceSummaries: RESOURCES.map(([LogicalResourceId, ResourceType, PhysicalResourceId]) => ({
      LogicalResourceId,
      ResourceType,
      PhysicalResourceId,
      ResourceStatus: 'CREATE_COMPLETE',
      LastUpdatedTimestamp: new Date(0),
    })),
  });
  const deployed = machine('arn:aws:lambda:eu-central-1:123456789012:function:fold', { MaxConcurrency: 60 });
  steps.on(DescribeStateMachineCommand).resolves({ status: 'ACTIVE', definition: JSON.stringify(deployed) });
  topics.on(ListSubscriptionsByTopicCommand).resolves({ Subscriptions: [{ SubscriptionArn: `${TOPIC}:1` }] });
  schedules.on(GetScheduleCommand).resolves({ State: 'ENABLED', ScheduleExpression: 'cron(30 4 * * ? *)' });
  queues.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: '0' } });
  alarms.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmName: 'Shop-RunFailed', StateValue: 'OK' }] });
}

async function faults(): Promise<string[]> {
  const findings = await examineStack('Shop', {
    definition: async () => machine('arn:aws:lambda:local:000000000000:function:fold-shard', { MaxConcurrency: 2 }),
    open: async () => memoryDeps(emptyPlaces(), {}, { configText: '', isExclusive: false }),
  });
  return findings
    .filter(({ level }) => level !== 'ok')
    .map(({ level, check, found, next }) => `${level} ${check}: ${found}. ${next}`);
}

describe('examineStack', () => {
  const env = { ...process.env };
  beforeEach(() => {
    Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
    answerWell();
  });
  afterAll(() => {
    for (const mock of mocks) mock.restore();
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  });

  it('finds nothing wrong with a healthy stack', async () => {
    expect(await faults()).toEqual([]);
  });

  it('tells what of a stack is broken, each with what to do', async () => {
    steps
      .on(DescribeStateMachineCommand)
      .resolves({ status: 'ACTIVE', definition: JSON.stringify(machine('arn:x', { Next: 'Score' })) });
    topics.on(ListSubscriptionsByTopicCommand).resolves({ Subscriptions: [{ SubscriptionArn: 'PendingConfirmation' }] });
    schedules.on(GetScheduleCommand).resolves({ State: 'DISABLED', ScheduleExpression: 'cron(30 4 * * ? *)' });
    queues.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: '2' } });
    const raised = {
      AlarmName: 'Shop-RunFailed',
      StateValue: 'ALARM' as const,
      StateReason: '1 > 0',
      AlarmDescription: 'See the runbook.',
    };
    alarms.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [raised] });
    expect(await faults()).toEqual([
      expect.stringContaining('warning machine: active, but of another version'),
      expect.stringContaining('warning notices: nobody confirmed a subscription (1 pending)'),
      expect.stringContaining('warning schedule: Shop-Nightly: cron(30 4 * * ? *) UTC, disabled'),
      expect.stringContaining('problem dead letters: Dead: 2 messages'),
      'problem alarm: Shop-RunFailed: 1 > 0. See the runbook.',
    ]);
  });

  it('goes on when a service refuses, and stops when there is no stack', async () => {
    const denied = Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' });
    queues.on(GetQueueAttributesCommand).rejects(denied);
    alarms.on(DescribeAlarmsCommand).rejects(denied);
    expect(await faults()).toEqual([
      expect.stringMatching(/^problem dead letters: .*sqs:GetQueueAttributes is denied/),
      expect.stringMatching(/^problem alarms: .*cloudwatch:DescribeAlarms is denied/),
    ]);
    const missing = Object.assign(new Error('Stack with id Shop does not exist'), { name: 'ValidationError' });
    cloud.on(DescribeStacksCommand).rejects(missing);
    expect(await faults()).toEqual([expect.stringMatching(/^problem stack: Stack Shop: there is none in eu-central-1/)]);
  });
});
