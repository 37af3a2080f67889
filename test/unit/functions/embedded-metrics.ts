import { expect } from 'vitest';

/** A line of CloudWatch's embedded metric format. */
export interface MetricLine {
  readonly [member: string]: unknown;
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
    }[];
  };
}

const UNITS =
  /^(Seconds|Microseconds|Milliseconds|Percent|Count|None|((Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Count)(\/Second)?))$/;

/** The metric lines of what was written to standard output, each checked against the schema of AWS's EMF specification. */
export function metricLines(stdout: string): MetricLine[] {
  const lines = stdout
    .split('\n')
    .filter((line) => line.includes('"_aws"'))
    .map((line) => JSON.parse(line) as MetricLine);
  for (const line of lines) checkLine(line);
  return lines;
}

function checkLine(line: MetricLine): void {
  expect(Number.isSafeInteger(line._aws.Timestamp)).toBe(true);
  expect(Math.abs(line._aws.Timestamp - Date.now())).toBeLessThan(60_000);
  expect(line._aws.CloudWatchMetrics).not.toHaveLength(0);
  for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
    expect(Namespace).toMatch(/^[^:].{0,255}$/);
    expect(Dimensions).not.toHaveLength(0);
    for (const name of Dimensions.flat()) expect(line[name]).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,1023}$/);
    expect(Metrics.length).toBeGreaterThan(0);
    expect(Metrics.length).toBeLessThanOrEqual(100);
    for (const { Name, Unit } of Metrics) {
      expect(Name.length).toBeLessThanOrEqual(1024);
      expect(Unit).toMatch(UNITS);
      expect([line[Name]].flat().map((value) => [Name, Number.isFinite(value)])).toEqual([[Name, true]]);
    }
  }
}
