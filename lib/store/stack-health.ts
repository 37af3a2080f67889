import { fromAccount } from './account-error.ts';

/** How many alarms are asked for in one request: the most that CloudWatch takes. */
const ALARMS_AT_ONCE = 100;

/** A state machine as it is deployed. */
export interface DeployedMachine {
  /** `ACTIVE` unless it is being deleted. */
  readonly status: string;
  /** JSON in the States language. */
  readonly definition: string;
}

/** The state machine of an ARN. Asks through an SDK that is loaded for this call alone, as all of this file do. @throws ConfigError */
export async function describeMachine(stateMachineArn: string): Promise<DeployedMachine> {
  const sdk = await import('@aws-sdk/client-sfn');
  const client = new sdk.SFNClient({});
  try {
    const { status = '', definition = '{}' } = await client.send(new sdk.DescribeStateMachineCommand({ stateMachineArn }));
    return { status, definition };
  } catch (error) {
    throw fromAccount(error, `State machine ${stateMachineArn}`, 'states:DescribeStateMachine');
  } finally {
    client.destroy();
  }
}

/** Subscriptions of a topic: those that get messages, and those that were never confirmed. @throws ConfigError */
export async function countSubscriptions(TopicArn: string): Promise<{ confirmed: number; pending: number }> {
  const sdk = await import('@aws-sdk/client-sns');
  const client = new sdk.SNSClient({});
  const counts = { confirmed: 0, pending: 0 };
  try {
    for await (const page of sdk.paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
      for (const { SubscriptionArn = '' } of page.Subscriptions ?? []) {
        counts[SubscriptionArn.startsWith('arn:') ? 'confirmed' : 'pending'] += 1;
      }
    }
    return counts;
  } catch (error) {
    throw fromAccount(error, `Topic ${TopicArn}`, 'sns:ListSubscriptionsByTopic');
  } finally {
    client.destroy();
  }
}

/** When a schedule starts, and whether it does. @throws ConfigError */
export async function describeSchedule(Name: string): Promise<{ isEnabled: boolean; when: string }> {
  const sdk = await import('@aws-sdk/client-scheduler');
  const client = new sdk.SchedulerClient({});
  try {
    const found = await client.send(new sdk.GetScheduleCommand({ Name }));
    const { State, ScheduleExpression = '', ScheduleExpressionTimezone = 'UTC' } = found;
    return { isEnabled: State !== 'DISABLED', when: `${ScheduleExpression} ${ScheduleExpressionTimezone}` };
  } catch (error) {
    throw fromAccount(error, `Schedule ${Name}`, 'scheduler:GetSchedule');
  } finally {
    client.destroy();
  }
}

/** Messages in a queue, those in flight included. @throws ConfigError */
export async function countMessages(QueueUrl: string): Promise<number> {
  const sdk = await import('@aws-sdk/client-sqs');
  // The URL may name another host than the endpoint that was chosen.
  const client = new sdk.SQSClient({ useQueueUrlAsEndpoint: false });
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  try {
    const { Attributes = {} } = await client.send(new sdk.GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
    return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  } catch (error) {
    throw fromAccount(error, `Queue ${QueueUrl}`, 'sqs:GetQueueAttributes');
  } finally {
    client.destroy();
  }
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

/** The alarms of these names. @throws ConfigError */
export async function describeAlarms(names: readonly string[]): Promise<AlarmState[]> {
  const sdk = await import('@aws-sdk/client-cloudwatch');
  const client = new sdk.CloudWatchClient({});
  const found: AlarmState[] = [];
  try {
    for (let from = 0; from < names.length; from += ALARMS_AT_ONCE) {
      const AlarmNames = names.slice(from, from + ALARMS_AT_ONCE);
      const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(
        new sdk.DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: ALARMS_AT_ONCE }),
      );
      for (const { AlarmName = '', StateValue = '', StateReason = '', AlarmDescription = '' } of [
        ...MetricAlarms,
        ...CompositeAlarms,
      ]) {
        found.push({ name: AlarmName, state: StateValue, reason: StateReason, description: AlarmDescription });
      }
    }
    return found;
  } catch (error) {
    throw fromAccount(error, 'Alarms', 'cloudwatch:DescribeAlarms');
  } finally {
    client.destroy();
  }
}
