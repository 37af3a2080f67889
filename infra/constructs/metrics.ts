import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../../lib/metrics.ts';

/** How a metric is read. */
export interface MetricReading {
  readonly statistic: 'Maximum' | 'Sum';
  readonly period: Duration;
}

/** A metric of one pipeline, as its functions emit it. */
export function pipelineMetric(pipelineName: string, metricName: MetricName, reading: MetricReading): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { [METRIC_DIMENSION]: pipelineName },
    ...reading,
  });
}
