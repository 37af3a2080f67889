import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { ExecutionFailures } from '../../infra/constructs/execution-failures.ts';

const MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:Perennial';

/** The rule with a function and a queue, and nothing else of the pipeline. */
function ruleTemplate(): Template {
  const stack = new Stack(new App(), 'Test');
  new ExecutionFailures(stack, 'ExecutionFailures', {
    machine: StateMachine.fromStateMachineArn(stack, 'Machine', MACHINE),
    failRun: new LambdaFunction(stack, 'FailRun', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline('exports.handler = async () => {};'),
    }),
    deadLetters: new Queue(stack, 'DeadLetters'),
  });
  return Template.fromStack(stack);
}

describe('ExecutionFailures', () => {
  const template = ruleTemplate();
  const idOf = (type: string) => Object.keys(template.findResources(type))[0] as string;
  const [functionId, queueId, ruleId] = ['AWS::Lambda::Function', 'AWS::SQS::Queue', 'AWS::Events::Rule'].map(idOf);

  it('sends every end but success of this very machine to fail-run, tries again for 6 hours, and keeps what it gives up on', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [MACHINE], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      State: 'ENABLED',
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [functionId, 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queueId, 'Arn'] } },
          RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 21_600 },
        },
      ],
    });
  });

  it('lets this rule alone invoke fail-run', () => {
    const permissions = Object.values(template.findResources('AWS::Lambda::Permission')).map(({ Properties }) => Properties);
    expect(permissions).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [functionId, 'Arn'] },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': [ruleId, 'Arn'] },
      },
    ]);
  });

  it('keeps events on which fail-run failed three times', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: functionId },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queueId, 'Arn'] } } },
    });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: 'sqs:SendMessage',
            Principal: { Service: 'events.amazonaws.com' },
            Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [ruleId, 'Arn'] } } },
          }),
        ],
      },
    });
  });
});
