import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { CUSTOM, pipelineTemplate } from '../support/pipeline-template.ts';

describe('NightlySchedule', { timeout: 60_000 }, () => {
  it('starts at 04:30 in the time zone of the configuration, at that very minute', () => {
    pipelineTemplate({ Pipeline: { config: { timeZone: 'Asia/Shanghai', currency: 'CNY' } } }).hasResourceProperties(
      'AWS::Scheduler::Schedule',
      {
        ScheduleExpression: 'cron(30 4 * * ? *)',
        ScheduleExpressionTimezone: 'Asia/Shanghai',
        FlexibleTimeWindow: { Mode: 'OFF' },
        State: 'ENABLED',
      },
    );
  });

  it('takes another hour, another time zone and a pause', () => {
    pipelineTemplate(CUSTOM).hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(5 6 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Paris',
      State: 'DISABLED',
    });
  });

  it('asks the machine to wait for the drop of the scheduled time, and keeps undelivered starts', () => {
    const template = pipelineTemplate();
    const [machine] = Object.keys(template.findResources('AWS::StepFunctions::StateMachine'));
    const [queue] = Object.keys(template.findResources('AWS::SQS::Queue'));
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Target: {
        Arn: { Ref: machine },
        Input: Match.anyValue(),
        RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 21_600 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } },
      },
    });
    const [schedule] = Object.values(template.findResources('AWS::Scheduler::Schedule'));
    expect(JSON.parse(schedule?.['Properties'].Target.Input)).toEqual({
      waitForDrop: true,
      scheduledTime: '<aws.scheduler.scheduled-time>',
    });
  });
});
