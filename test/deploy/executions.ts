import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  ListSchedulesCommand,
} from '@aws-sdk/client-scheduler';
import { DescribeExecutionCommand, ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Account } from './account.ts';

/** An execution that succeeded. */
export interface Execution {
  readonly name: string;
  readonly arn: string;
  /** What the machine was given, JSON. */
  readonly input: string;
  readonly status: string;
  readonly seconds: number;
}

/** The emulator looks at its schedules every 10 s. */
const SCHEDULE_LIMIT_MS = 60_000;
const SCHEDULE_AHEAD_MS = 2000;
const LOOK_AGAIN_MS = 250;

/** What EventBridge Scheduler puts the time in place of; the emulator does not. */
const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';

/** Starts the machine and waits. @throws Error with error and cause when it does not succeed in time */
export async function execute(account: Account, machineArn: string, name: string, request: object): Promise<Execution> {
  const input = JSON.stringify(request);
  const started = await account.sfn.send(new StartExecutionCommand({ stateMachineArn: machineArn, name, input }));
  return awaitExecution(account, started.executionArn as string);
}

/** The newest execution of the machine, which has ended. */
export async function newestExecution(account: Account, machineArn: string): Promise<Execution> {
  const [newest] = await listExecutions(account, machineArn);
  if (newest === undefined) throw new Error(`Machine ${machineArn}: no execution`);
  return awaitExecution(account, newest);
}

/**
 * Starts the machine through EventBridge Scheduler: the target of the deployed nightly schedule (machine, role, input, retries,
 * dead letters) in a schedule for once, now, with the scheduled time filled in.
 *
 * @param scheduledTime ISO 8601 with Z
 */
export async function executeBySchedule(account: Account, machineArn: string, scheduledTime: string): Promise<Execution> {
  const { Target } = await nightlySchedule(account, machineArn);
  const known = new Set(await listExecutions(account, machineArn));
  const Name = 'perennial-once';
  await account.scheduler.send(
    new CreateScheduleCommand({
      Name,
      ScheduleExpression: `at(${new Date(Date.now() + SCHEDULE_AHEAD_MS).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length)})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { ...Target, Input: Target?.Input?.replace(SCHEDULED_TIME, scheduledTime) } as GetScheduleCommandOutput['Target'],
    }),
  );
  const arn = await untilFound(`Schedule ${Name}: no execution`, async () => {
    const arns = await listExecutions(account, machineArn);
    return arns.find((found) => !known.has(found));
  });
  await account.scheduler.send(new DeleteScheduleCommand({ Name }));
  return awaitExecution(account, arn);
}

/** The deployed schedule that starts the machine. @throws Error when its input is not that of a night */
async function nightlySchedule({ scheduler }: Account, machineArn: string): Promise<GetScheduleCommandOutput> {
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({}));
  for (const { Name, GroupName } of Schedules) {
    const schedule = await scheduler.send(new GetScheduleCommand({ Name: Name as string, GroupName }));
    if (schedule.Target?.Arn !== machineArn) continue;
    const input = JSON.parse(schedule.Target.Input ?? '{}') as Record<string, unknown>;
    const isNightly = input['waitForDrop'] === true && input['scheduledTime'] === SCHEDULED_TIME;
    if (!isNightly || !schedule.Target.RoleArn) throw new Error(`Schedule ${Name}: ${JSON.stringify(schedule.Target)}`);
    return schedule;
  }
  throw new Error(`Schedules: none of ${Schedules.length} starts ${machineArn}`);
}

/** ARNs of all executions of the machine, newest first. */
async function listExecutions({ sfn }: Account, stateMachineArn: string): Promise<string[]> {
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  const byStart = executions.sort((a, b) => (b.startDate?.getTime() ?? 0) - (a.startDate?.getTime() ?? 0));
  return byStart.map(({ executionArn }) => executionArn as string);
}

async function awaitExecution({ sfn, executionMs }: Account, executionArn: string): Promise<Execution> {
  const deadline = performance.now() + executionMs;
  for (;;) {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    const { name = '', status = '', input = '', startDate, stopDate } = found;
    if (status === 'SUCCEEDED') {
      const seconds = ((stopDate?.getTime() ?? 0) - (startDate?.getTime() ?? 0)) / 1000;
      return { name, arn: executionArn, input, status, seconds };
    }
    if (status !== 'RUNNING') throw new Error(`Execution ${name} of ${input}: ${status}, ${found.error}: ${found.cause}`);
    if (performance.now() > deadline) throw new Error(`Execution ${name}: still runs after ${executionMs / 1000} s`);
    await sleep(LOOK_AGAIN_MS);
  }
}

async function untilFound<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + SCHEDULE_LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} in ${SCHEDULE_LIMIT_MS / 1000} s`);
    await sleep(LOOK_AGAIN_MS);
  }
}
