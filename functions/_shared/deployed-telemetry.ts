import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { MiddlewareObj } from '@middy/core';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS, type MetricName } from '../../lib/metrics.ts';
import type { FunctionName, Measures, Telemetry } from './telemetry.ts';

/** When an invocation began, and how long it may take. */
interface Begin {
  readonly atMs: number;
  readonly limitMs: number;
}

/**
 * Powertools metrics (lines of CloudWatch's embedded metric format on standard output) and traces (X-Ray).
 *
 * Requests of the SDK are no segments of their own. A shard step sends thousands, more than a trace of 500 KB holds, and each would
 * be a packet to the daemon; Powertools' capture of HTTP also patches modules in a way that clients have to be handed to it one by
 * one, so that `lib/store` would know of traces. What a trace answers is which step or item took the time.
 */
export function deployedTelemetry(name: FunctionName, pipeline: string): Telemetry {
  const tracer = new Tracer({ serviceName: `perennial-${name}`, captureHTTPsRequests: false });
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
  // Powertools' own dimension `service` goes: with it each function would have metrics of its own, billed one by one.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ [METRIC_DIMENSION]: pipeline });
  const add = (measures: Measures) => {
    for (const [metric, value] of Object.entries(measures) as [MetricName, number][]) {
      metrics.addMetric(metric, METRICS[metric].unit, value);
    }
  };
  return {
    isDeployed: true,
    tracing: [captureLambdaHandler(tracer, { captureResponse: false })],
    publishing: [logMetrics(metrics), timeLimitShare(add, () => metrics.addMetadata('step', name))],
    annotate(facts) {
      for (const [key, value] of Object.entries(facts)) {
        if (value === '') continue;
        tracer.putAnnotation(key, value);
        metrics.addMetadata(key, String(value));
      }
    },
    add,
  };
}

/**
 * Measures the share of the function's limit that an invocation took, also of one that throws.
 *
 * What ends early is measured too: 2 s before the limit middy gives up and the error hooks run, of which this one and the
 * publication take no I/O. Nothing is published by a process that dies: out of memory, or when a computation does not let the event
 * loop turn in the last 2 s, so that Lambda ends it at the limit. Then Step Functions sees `Lambda.Unknown` or `Sandbox.Timedout`,
 * and the run that fails of it counts as RunFailed.
 */
function timeLimitShare(add: (measures: Measures) => void, begun: () => void): MiddlewareObj {
  const begins = new WeakMap<object, Begin>();
  const measure = (request: object) => {
    const begin = begins.get(request);
    if (begin) add({ TimeLimitShare: Math.min(1, (performance.now() - begin.atMs) / begin.limitMs) });
  };
  return {
    before: (request) => {
      begins.set(request, { atMs: performance.now(), limitMs: request.context.getRemainingTimeInMillis() });
      begun();
    },
    after: measure,
    onError: measure,
  };
}
