import { describe, expect, it } from 'vitest';
import { STEPS } from '../../lib/keys.ts';
import { METRICS } from '../../lib/metrics.ts';
import { pipelineTemplate, TWO } from '../support/pipeline-template.ts';

const template = pipelineTemplate();

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly width: number;
  readonly properties: { readonly title?: string; readonly alarms?: unknown[]; readonly metrics?: unknown[][] };
}

/** The body with a mark for every name that is known at deployment only. */
function widgets(): Widget[] {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const parts = dashboard?.['Properties'].DashboardBody['Fn::Join'][1] as unknown[];
  const text = parts.map((part) => (typeof part === 'string' ? part : `<${JSON.stringify(part).replaceAll('"', "'")}>`)).join('');
  return (JSON.parse(text) as { widgets: Widget[] }).widgets;
}

describe('dashboard', () => {
  const shown = widgets();
  const metrics = shown.flatMap(({ properties }) => properties.metrics ?? []);
  const named = (namespace: string) => metrics.filter(([found]) => found === namespace).map(([, name]) => name as string);

  it('shows the state of every alarm first', () => {
    const count = Object.keys(template.findResources('AWS::CloudWatch::Alarm')).length;
    expect(shown[0]?.type).toBe('alarm');
    expect(shown[0]?.properties.alarms).toHaveLength(count);
  });

  it('shows every metric of the pipeline but the share of the time limit, which the durations of the steps show', () => {
    const expected = Object.keys(METRICS).filter((name) => name !== 'TimeLimitShare');
    expect([...new Set(named('Perennial'))].toSorted()).toEqual(expected.toSorted());
  });

  it('shows duration and errors of every step, writes of every table, executions and dead letters', () => {
    const count = (namespace: string, name: string) => named(namespace).filter((found) => found === name).length;
    expect(count('AWS/Lambda', 'Duration')).toBe(STEPS.length);
    expect(count('AWS/Lambda', 'Errors')).toBe(STEPS.length);
    expect(count('AWS/Lambda', 'Throttles')).toBe(STEPS.length);
    expect(count('AWS/DynamoDB', 'ConsumedWriteCapacityUnits')).toBe(3);
    expect(count('AWS/DynamoDB', 'WriteThrottleEvents')).toBe(3);
    expect(named('AWS/States').toSorted()).toEqual([
      'ExecutionsAborted',
      'ExecutionsFailed',
      'ExecutionsStarted',
      'ExecutionsSucceeded',
      'ExecutionsTimedOut',
    ]);
    expect(named('AWS/SQS')).toEqual(['ApproximateNumberOfMessagesVisible']);
  });

  it('fits the page, and has a name of its own in every region', () => {
    expect(shown.filter(({ x, width }) => x + width > 24)).toEqual([]);
    pipelineTemplate(TWO).resourceCountIs('AWS::CloudWatch::Dashboard', 2);
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    expect(dashboard?.['Properties'].DashboardName).toBeUndefined();
  });
});
