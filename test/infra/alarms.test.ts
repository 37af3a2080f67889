import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../lib/metrics.ts';
import { CUSTOM, pipelineTemplate, TWO } from '../support/pipeline-template.ts';

const template = pipelineTemplate();
const custom = pipelineTemplate(CUSTOM);

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly ActionsEnabled: boolean;
  readonly AlarmActions: unknown[];
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Dimensions: { readonly Name: string; readonly Value: unknown }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly Period: number;
}

const alarmsOf = (of: typeof template) =>
  Object.values(of.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties as AlarmProperties);
const alarms = alarmsOf(template);
const idOf = ({ AlarmDescription }: AlarmProperties) => /#alarm-([a-z-]+)$/.exec(AlarmDescription)?.[1] ?? '';
const alarmOf = (id: string, of = alarms) => of.find((alarm) => idOf(alarm) === id);

/** Anchors of the headings of a page, as GitHub makes them. */
const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const anchors = [...runbook.matchAll(/^## (.*)$/gm)].map(([, title = '']) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-'),
);

describe('alarms', () => {
  it('each say in a sentence what they mean, and link an entry of the runbook that is there', () => {
    for (const { AlarmDescription } of alarms) {
      const [, meaning, page, anchor = ''] = /^([A-Z].*\.) (\S+)#(\S+)$/.exec(AlarmDescription) ?? [];
      expect({ AlarmDescription, meaning, page }).toMatchObject({ meaning: expect.any(String), page: 'docs/runbook.md' });
      expect(anchors).toContain(anchor);
    }
    expect(idOf(alarmsOf(custom)[0] as AlarmProperties)).not.toBe('');
    for (const { AlarmDescription } of alarmsOf(custom))
      expect(AlarmDescription).toContain(' https://example.org/runbook#alarm-');
  });

  it('are the entries of the runbook, and no entry is without its alarm', () => {
    const entries = anchors.filter((anchor) => anchor.startsWith('alarm-')).map((anchor) => anchor.slice('alarm-'.length));
    expect(alarms.map(idOf).toSorted()).toEqual(entries.toSorted());
    expect(entries).toEqual(expect.arrayContaining(['run-failed', 'run-held', 'drop-late', 'night-overdue', 'dead-letters']));
  });

  it('tell the topic of notices, which lets alarms of this pipeline in and no others', () => {
    const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));
    expect(alarms.map(({ AlarmActions }) => AlarmActions)).toEqual(alarms.map(() => [{ Ref: topic }]));
    expect(alarms.filter(({ ActionsEnabled }) => !ActionsEnabled)).toEqual([]);
    const prefix = alarmOf('run-failed')?.AlarmName.replace(/run-failed$/, '');
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', Match.arrayWith([`:alarm:${prefix}*`])] } },
            },
          }),
        ]),
      },
    });
  });

  it('read metrics that functions emit under the same name of the pipeline, or those of AWS', () => {
    const [watch] = Object.values(template.findResources('AWS::Lambda::Function'));
    const pipeline = watch?.['Properties'].Environment.Variables.PIPELINE_NAME as string;
    for (const { Namespace, MetricName, Dimensions } of alarms) {
      if (Namespace === 'AWS/SQS') continue;
      expect(Object.keys(METRICS)).toContain(MetricName);
      expect({ Namespace, Dimensions }).toEqual({ Namespace: 'Perennial', Dimensions: [{ Name: 'pipeline', Value: pipeline }] });
    }
    expect(alarmOf('dead-letters')).toMatchObject({ MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 1 });
  });

  it('are known by name, also with two pipelines in a stack', () => {
    const names = alarmsOf(pipelineTemplate(TWO)).map(({ AlarmName }) => AlarmName);
    expect(new Set(names).size).toBe(2 * alarms.length);
    expect(
      names.filter((name) => name.startsWith('Test-Shop')).map((name) => name.replace(/^Test-Shop-[0-9A-F]{8}-/, '')),
    ).toEqual(alarms.map(idOf));
  });

  it('of the night: silence of the watch is a breach, a late drop is told at half the time to the deadline', () => {
    expect(alarmOf('night-overdue')).toMatchObject({ Threshold: 1, TreatMissingData: 'breaching', Period: 1800 });
    expect(alarmOf('drop-late')).toMatchObject({ Threshold: 60, TreatMissingData: 'notBreaching' });
    const later = alarmsOf(custom);
    expect(alarmOf('drop-late', later)?.Threshold).toBe(45);
    expect(alarmOf('night-overdue', later)?.TreatMissingData).toBe('notBreaching');
  });

  it('of the quarantine follow the gates of the configuration', () => {
    const quarantine = { ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore' };
    expect(alarmOf('quarantine-share')).toMatchObject({ ...quarantine, Threshold: 0.005 });
    expect(alarmOf('quarantine-share', alarmsOf(custom))).toMatchObject({ Threshold: 0.02, ActionsEnabled: false });
  });

  it('of runs stand until a run is closed', () => {
    for (const id of ['run-failed', 'run-held']) expect(alarmOf(id)).toMatchObject({ Threshold: 1, TreatMissingData: 'ignore' });
  });
});
