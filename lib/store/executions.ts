import type { HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { ConfigError } from '../errors.ts';
import { fromAccount } from './account-error.ts';

/** How an execution stands. */
export interface ExecutionState {
  /** `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED` or `PENDING_REDRIVE`. */
  readonly status: string;
  /** The machine's last state; undefined unless it succeeded. */
  readonly output: unknown;
  /** Why it ended otherwise; '' while it did not. */
  readonly error: string;
  readonly cause: string;
}

/** What happened in an execution. */
export interface ExecutionEvent {
  /** Grows by one from event to event, from 1. */
  readonly id: number;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly at: number;
  /** A state was entered or left, a task of it answered or failed; `other` is of no interest here. */
  readonly kind: 'entered' | 'left' | 'answered' | 'failed' | 'other';
  /** Name of the state; '' of events that do not tell it. */
  readonly state: string;
  /** What was left or answered, where data were asked for. */
  readonly output: unknown;
  /** Name and cause of a failure; '' of others. */
  readonly error: string;
  readonly cause: string;
}

/** Events of one request. */
const PAGE = 50;

interface StepFunctions {
  readonly sdk: typeof import('@aws-sdk/client-sfn');
  readonly client: SFNClient;
}

let loading: Promise<StepFunctions> | undefined;

/** Loads the SDK on first use: commands on a home do without it. Endpoint, region and credentials are found as the SDK does. */
function loadStepFunctions(): Promise<StepFunctions> {
  loading ??= import('@aws-sdk/client-sfn').then((sdk) => ({ sdk, client: new sdk.SFNClient({ maxAttempts: 5 }) }));
  return loading;
}

/**
 * Starts an execution. Sent again with the same name and input while it runs, it is the same execution.
 *
 * @param name at most 80 letters, digits, `-` and `_`
 * @returns its ARN
 * @throws ConfigError, TransientDependencyError
 */
export async function startExecution(machineArn: string, name: string, input: unknown): Promise<string> {
  const { sdk, client } = await loadStepFunctions();
  try {
    const answer = await client.send(
      new sdk.StartExecutionCommand({ stateMachineArn: machineArn, name, input: JSON.stringify(input) }),
    );
    return answer.executionArn ?? '';
  } catch (error) {
    if (error instanceof sdk.StateMachineDoesNotExist) {
      throw new ConfigError(`Machine ${machineArn}: not found, expected the one of the stack. Deploy the stack again.`, {
        cause: error,
      });
    }
    throw fromAccount(error, `Machine ${machineArn}`, 'states:StartExecution');
  }
}

/** How an execution stands. @throws ConfigError, TransientDependencyError */
export async function describeExecution(arn: string): Promise<ExecutionState> {
  const { sdk, client } = await loadStepFunctions();
  try {
    const answer = await client.send(new sdk.DescribeExecutionCommand({ executionArn: arn }));
    const { status = 'RUNNING', output, error = '', cause = '' } = answer;
    return { status, output: parse(output), error, cause };
  } catch (error) {
    throw fromAccount(error, `Execution ${arn}`, 'states:DescribeExecution');
  }
}

/**
 * What happened in an execution after an event, oldest first. The newest are asked for first, so that looking again and again at a
 * long history costs one small request.
 *
 * @param after id of the last event that is known; 0 = all
 * @param withData inputs and outputs too, and why something failed: the machine's whole state is in each event
 * @throws ConfigError, TransientDependencyError
 */
export async function readExecutionEvents(arn: string, after: number, withData: boolean): Promise<ExecutionEvent[]> {
  const { sdk, client } = await loadStepFunctions();
  const input = { executionArn: arn, reverseOrder: true, includeExecutionData: withData, maxResults: PAGE };
  const found: ExecutionEvent[] = [];
  try {
    for await (const { events = [] } of sdk.paginateGetExecutionHistory({ client }, input)) {
      for (const event of events) if ((event.id ?? 0) > after) found.push(eventOf(event));
      if (events.some(({ id = 0 }) => id <= after + 1)) break;
    }
  } catch (error) {
    throw fromAccount(error, `Execution ${arn}`, 'states:GetExecutionHistory');
  }
  return found.sort((a, b) => a.id - b.id);
}

/** Every kind of event keeps what it tells in a field of its own. */
interface Details {
  readonly name?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

function eventOf(event: HistoryEvent): ExecutionEvent {
  const { id = 0, type = '', timestamp } = event;
  const details = Object.entries(event).find(([field]) => field.endsWith('EventDetails'))?.[1] as Details | undefined;
  const { name = '', output, error = '', cause = '' } = details ?? {};
  return { id, at: timestamp?.getTime() ?? 0, kind: kindOf(type), state: name, output: parse(output), error, cause };
}

/** Tasks whose resource is a function tell `Lambda...`, others `Task...`. */
function kindOf(type: string): ExecutionEvent['kind'] {
  if (type.endsWith('StateEntered')) return 'entered';
  if (type.endsWith('StateExited')) return 'left';
  if (/^(LambdaFunction|Task)Succeeded$/.test(type)) return 'answered';
  return /^(LambdaFunction|Task)\w*(Failed|TimedOut)$/.test(type) ? 'failed' : 'other';
}

/** JSON of the machine; undefined where there is none, or where it was cut. */
function parse(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
