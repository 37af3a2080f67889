import { fromAccount } from './account-error.ts';

/**
 * What `doctor` asks of a stack's parts. Each call loads the SDK of its service and makes a client for itself alone: they are asked
 * once, with the credentials of a person. All throw ConfigError and TransientDependencyError as `fromAccount` tells them.
 */

/** How many alarms are asked for in one request: the most that CloudWatch takes. */
const ALARMS_AT_ONCE = 100;

/** Asks with a client that is let go afterwards. @param action as a policy spells it */
async function askOnce<C extends { destroy(): void }, T>(
  client: C,
  what: string,
  action: string,
  ask: (client: C) => Promise<T>,
): Promise<T> {
  try {
    return await ask(client);
  } catch (error) {
    throw fromAccount(error, what, action);
  } finally {
    client.destroy();
  }
}

/** A state machine as it is deployed. */
export interface DeployedMachine {
  /** `ACTIVE` unless it is being deleted. */
  readonly status: string;
  /** JSON in the States language. */
  readonly definition: string;
}

/** The state machine of an ARN. */
export async function describeMachine(stateMachineArn: string): Promise<DeployedMachine> {
  const sdk = await import('@aws-sdk/client-sfn');
  const what = `State machine ${stateMachineArn}`;
  return askOnce(new sdk.SFNClient({}), what, 'states:DescribeStateMachine', async (client) => {
    const { status = '', definition = '{}' } = await client.send(new sdk.DescribeStateMachineCommand({ stateMachineArn }));
    return { status, definition };
  });
}

/** Subscriptions of a topic: those that get messages, and those that were never confirmed. */
export async function countSubscriptions(TopicArn: string): Promise<{ confirmed: number; pending: number }> {
  const sdk = await import('@aws-sdk/client-sns');
  return askOnce(new sdk.SNSClient({}), `Topic ${TopicArn}`, 'sns:ListSubscriptionsByTopic', async (client) => {
    const counts = { confirmed: 0, pending: 0 };
    for await (const page of sdk.paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
      for (const { SubscriptionArn = '' } of page.Subscriptions ?? []) {
        counts[SubscriptionArn.startsWith('arn:') ? 'confirmed' : 'pending'] += 1;
      }
    }
    return counts;
  });
}

/** When a schedule starts, and whether it does. */
export async function describeSchedule(Name: string): Promise<{ isEnabled: boolean; when: string }> {
  const sdk = await import('@aws-sdk/client-scheduler');
  return askOnce(new sdk.SchedulerClient({}), `Schedule ${Name}`, 'scheduler:GetSchedule', async (client) => {
    const found = await client.send(new sdk.GetScheduleCommand({ Name }));
    const { State, ScheduleExpression = '', ScheduleExpressionTimezone = 'UTC' } = found;
    return { isEnabled: State !== 'DISABLED', when: `${ScheduleExpression} ${ScheduleExpressionTimezone}` };
  });
}

/** Messages in a queue, those in flight included. */
export async function countMessages(QueueUrl: string): Promise<number> {
  const sdk = await import('@aws-sdk/client-sqs');
  // The URL may name another host than the endpoint that was chosen.
  const sqs = new sdk.SQSClient({ useQueueUrlAsEndpoint: false });
  return askOnce(sqs, `Queue ${QueueUrl}`, 'sqs:GetQueueAttributes', async (client) => {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes = {} } = await client.send(new sdk.GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
    return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  });
}

/** An alarm and what it says. */
export interface AlarmState {
  readonly name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  readonly reason: string;
  /** With the link to its page of the runbook. */
  readonly description: string;
}

/** The alarms of these names. */
export async function describeAlarms(names: readonly string[]): Promise<AlarmState[]> {
  const sdk = await import('@aws-sdk/client-cloudwatch');
  return askOnce(new sdk.CloudWatchClient({}), 'Alarms', 'cloudwatch:DescribeAlarms', async (client) => {
    const found: AlarmState[] = [];
    for (let from = 0; from < names.length; from += ALARMS_AT_ONCE) {
      const AlarmNames = names.slice(from, from + ALARMS_AT_ONCE);
      const command = new sdk.DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ['MetricAlarm'], MaxRecords: ALARMS_AT_ONCE });
      for (const alarm of (await client.send(command)).MetricAlarms ?? []) {
        const { AlarmName = '', StateValue = '', StateReason = '', AlarmDescription = '' } = alarm;
        found.push({ name: AlarmName, state: StateValue, reason: StateReason, description: AlarmDescription });
      }
    }
    return found;
  });
}
