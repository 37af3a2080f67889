import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

/** Older than this nobody is helped: the next night has started, and its open-run has taken over what was left. */
const MAX_EVENT_AGE = Duration.hours(6);

/** What the rule connects. */
export interface ExecutionFailuresProps {
  readonly machine: IStateMachine;
  /** fail-run. */
  readonly failRun: IFunction;
  /** Events that could not be delivered, or on which fail-run failed each time. */
  readonly deadLetters: IQueue;
}

/**
 * Tells fail-run of executions that did not succeed, for those that could not do it themselves: out of time, stopped by
 * somebody, beyond a limit of Step Functions, or failed in fail-run. The others are told of too; fail-run knows them.
 */
export class ExecutionFailures extends Construct {
  readonly rule: Rule;

  constructor(scope: Construct, id: string, { machine, failRun, deadLetters }: ExecutionFailuresProps) {
    super(scope, id);
    // An event invokes a function asynchronously: the queue of the target gets what was not delivered, this one what was thrown.
    failRun.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: MAX_EVENT_AGE,
      onFailure: new SqsDestination(deadLetters),
    });
    this.rule = new Rule(this, 'Rule', {
      description: 'Perennial: executions that failed, timed out or were stopped, to fail-run',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          // Items of a distributed Map are executions of the machine `<name>/<label>`: an exact name leaves them out.
          stateMachineArn: [machine.stateMachineArn],
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [new LambdaFunction(failRun, { deadLetterQueue: deadLetters, retryAttempts: 10, maxEventAge: MAX_EVENT_AGE })],
    });
  }
}
