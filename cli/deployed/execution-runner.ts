import { randomBytes } from 'node:crypto';
import { ConfigError, ContractMismatchError, errorOfName, isExpected, TransientDependencyError } from '../../lib/errors.ts';
import type { Failed, Opened, RunRequest } from '../../lib/run/contracts.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { findRunOf } from '../../lib/run/run-ledger.ts';
import { refuseUnopenable } from '../../lib/run/settle-run.ts';
import { readExecutionEvents, startExecution } from '../../lib/store/executions.ts';
import type { StackPlaces } from '../../lib/store/stack.ts';
import { nextCommand } from '../next-command.ts';
import type { Progress } from '../progress.ts';
import type { Runner, RunOutcome } from '../runner.ts';
import { type Ended, followExecution, lostSight, messageOf } from './follow-execution.ts';

/** A stack that is open, as far as its runs are concerned. */
export interface OpenStack {
  readonly places: Pick<StackPlaces, 'stackName' | 'machineArn' | 'region'>;
  readonly deps: RunDeps;
}

/** Runs the deployed machine. @param wait false to start only */
export function openExecutionRunner(stack: OpenStack, wait: boolean): Runner {
  return {
    async run(request, progress) {
      await refuseBeforehand(stack, request, progress);
      const name = executionName(request, new Date());
      const execution = await startExecution(stack.places.machineArn, name, request);
      if (!wait) return { kind: 'started', execution };
      progress.note(`Started ${name} in stack ${stack.places.stackName}. Ctrl-C stops following; the run goes on.`);
      return outcomeOf(stack, execution, await follow(stack, execution, progress));
    },
    close: async () => undefined,
  };
}

/**
 * Wrong usage is refused here, as on a home: an execution that fails alarms those on call. What these credentials may not read, or
 * what was not reached, is left to the execution to judge.
 */
async function refuseBeforehand({ deps }: OpenStack, request: Partial<RunRequest>, progress: Progress): Promise<void> {
  try {
    await refuseUnopenable(request, deps);
  } catch (error) {
    const isUnread = error instanceof TransientDependencyError || (error instanceof ConfigError && error.cause !== undefined);
    if (!isUnread) throw error;
    progress.note(`Not checked before the start: ${error.message}`);
  }
}

/** For example `cli-2026-11-22T05-01-00Z-run-3f9a`: legal, to be read, and no other's. */
export function executionName(request: Partial<RunRequest>, now: Date): string {
  const instant = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const what = request.approve ? 'approve' : request.rebuild ? 'rebuild' : 'run';
  return `cli-${instant}-${what}-${randomBytes(2).toString('hex')}`;
}

/** Follows to the end. Ctrl-C ends this process as it always does, after it said that the run goes on. */
async function follow(stack: OpenStack, execution: string, progress: Progress): Promise<Ended> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once('SIGINT', stop);
  try {
    const ended = await followExecution(execution, { deps: stack.deps, progress, signal: stopped.signal });
    progress.done();
    if (ended) return ended;
  } catch (error) {
    progress.done();
    throw isExpected(error) ? lostSight(error as Error, lookCommands(stack, execution)) : error;
  } finally {
    process.off('SIGINT', stop);
  }
  process.stderr.write(`\nNo longer followed; the run goes on. Look at it with ${lookCommands(stack, execution)}\n`);
  process.kill(process.pid, 'SIGINT');
  // The signal ends the process before this.
  throw new TransientDependencyError('Following: stopped by Ctrl-C, expected the end of the run. The run goes on.');
}

/** How to look at a run that is not followed. */
function lookCommands({ places: { stackName, region } }: Pick<OpenStack, 'places'>, execution: string): string {
  const aws = `aws stepfunctions describe-execution --region ${region} --execution-arn ${execution}`;
  return `${nextCommand('runs', { stack: stackName })} or ${aws}`;
}

async function outcomeOf(stack: OpenStack, execution: string, ended: Ended): Promise<RunOutcome> {
  if (ended.status !== 'SUCCEEDED') throw await errorOf(stack, execution, ended);
  const opened = (ended.output as { opened?: Opened } | undefined)?.opened;
  if (opened?.decision === 'done') return { kind: 'already done', to: opened.to };
  if (opened?.decision === 'go') return { kind: 'closed', runId: opened.run.runId, from: opened.from, to: opened.to };
  throw new ContractMismatchError(
    `Execution ${execution}: succeeded without telling its run, expected open-run's answer. Command line and stack are of different versions; deploy again.`,
  );
}

/** The error that ended a run: what fail-run answered, else what it wrote, else what Step Functions tells. */
async function errorOf({ places, deps }: OpenStack, execution: string, ended: Ended): Promise<Error> {
  const { status, error, cause } = ended;
  if (status === 'FAILED') {
    const told = (await answerOfFailRun(execution, ended)) ?? (await recordedError(deps, execution));
    return told ? errorOfName(told.name, told.message) : errorOfName(error, messageOf(cause));
  }
  const console = `https://${places.region}.console.aws.amazon.com/states/home?region=${places.region}#/v2/executions/details/${execution}`;
  const why = error === '' ? '' : ` (${error}${cause === '' ? '' : `: ${cause}`})`;
  return new TransientDependencyError(
    `Execution ${execution}: ${status}${why}, expected SUCCEEDED. Nothing of the run was published unless it was committed before; see it at ${console}, then run again.`,
  );
}

async function answerOfFailRun(execution: string, { failedAfter }: Ended): Promise<Failed | undefined> {
  if (failedAfter === 0) return undefined;
  const events = await readExecutionEvents(execution, failedAfter, true);
  return events.find(({ kind }) => kind === 'answered')?.output as Failed | undefined;
}

async function recordedError(deps: RunDeps, execution: string): Promise<{ name: string; message: string } | undefined> {
  const text = (await findRunOf(deps, execution))?.error ?? '';
  const [, name = '', message = ''] = /^(\w+): (.*)$/s.exec(text) ?? [];
  return name === '' ? undefined : { name, message };
}
