import { describe, expect, it } from 'vitest';
import { watchTask } from '../../lib/run/watch-night.ts';
import { CUSTOM, pipelineTemplate } from '../support/pipeline-template.ts';

const template = pipelineTemplate();

const watchOf = (of: typeof template) => {
  const schedules = Object.values(of.findResources('AWS::Scheduler::Schedule'));
  return schedules.find(({ Properties }) => Properties.ScheduleExpression.startsWith('rate'))?.['Properties'];
};

describe('NightWatch', () => {
  const watch = watchOf(template);
  const [id, lambda] =
    Object.entries(template.findResources('AWS::Lambda::Function')).find(([name]) => name.includes('NightWatch')) ?? [];

  it('looks every 15 minutes, on a clock that daylight saving does not move', () => {
    expect(watch).toMatchObject({
      ScheduleExpression: 'rate(15 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: { Arn: { 'Fn::GetAtt': [id, 'Arn'] }, RetryPolicy: { MaximumEventAgeInSeconds: 900 } },
    });
  });

  it('passes what the function takes: the scheduled time, the nightly start and the deadline', () => {
    const task = watchTask.parse(JSON.parse(watch?.['Target'].Input));
    expect(task).toEqual({
      scheduledTime: '<aws.scheduler.scheduled-time>',
      start: { hour: 4, minute: 30, timeZone: 'UTC' },
      deadlineMinutes: 120,
    });
  });

  it('follows the nightly schedule, and pauses with it', () => {
    const paused = watchOf(pipelineTemplate(CUSTOM));
    expect(paused?.['State']).toBe('DISABLED');
    expect(JSON.parse(paused?.['Target'].Input)).toMatchObject({
      start: { hour: 6, minute: 5, timeZone: 'Europe/Paris' },
      deadlineMinutes: 90,
    });
  });

  it('keeps looks that could not be delivered beside the starts', () => {
    const queues = Object.keys(template.findResources('AWS::SQS::Queue'));
    expect(queues).toHaveLength(1);
    expect(watch?.['Target'].DeadLetterConfig).toEqual({ Arn: { 'Fn::GetAtt': [queues[0], 'Arn'] } });
  });

  it('reads the runs table and the configuration, and writes nothing', () => {
    const role = lambda?.['Properties'].Role['Fn::GetAtt'][0];
    const policies = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role),
    );
    const statements = policies.flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[],
    );
    const actions = statements.flatMap(({ Action }) => Action).filter((action) => !/^(logs|xray):/.test(action));
    expect([...new Set(actions)].toSorted()).toEqual([
      'dynamodb:GetItem',
      'dynamodb:Query',
      'kms:Decrypt',
      's3:GetObject',
      's3:ListBucket',
    ]);
    const objects = statements.find(({ Action }) => Action === 's3:GetObject');
    expect(JSON.stringify(objects?.Resource)).toMatch(/\/config\//);
    expect(JSON.stringify(objects?.Resource)).not.toMatch(/"\/\*"|pii/);
  });

  it('has the configuration of the deployment at hand, for its time zone', () => {
    expect(lambda?.['Properties']).toMatchObject({ Timeout: 60, MemorySize: 512 });
    expect(lambda?.['Properties'].Environment.Variables).toMatchObject({ DEPLOYED_CONFIG: '{}' });
  });
});
