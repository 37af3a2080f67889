import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { PerennialPipeline, type PerennialPipelineProps } from '../../infra/constructs/perennial-pipeline.ts';

/** Context of `cdk.json` without esbuild and without the validation of resources, which take seconds. */
const FAST_CONTEXT: Readonly<Record<string, unknown>> = {
  ...cdkJson.context,
  'aws:cdk:bundling-stacks': [],
  '@aws-cdk/core:validateAgainstDefaultRules': false,
};

/** One pipeline that is paused and has every limit of its own. */
export const CUSTOM: Readonly<Record<string, PerennialPipelineProps>> = {
  Pipeline: {
    config: { gates: { warnMalformedShare: 0.02, severity: { quarantine_share: 'off' } } },
    schedule: { hour: 6, minute: 5, timeZone: 'Europe/Paris', enabled: false, deadlineMinutes: 90 },
    maxConcurrency: 7,
    maxReadUnitsPerSecond: 2000,
    maxWriteUnitsPerSecond: 1000,
    monthlyBudgetUsd: null,
    runbookUrl: 'https://example.org/runbook',
  },
};

/** Two pipelines in one stack. */
export const TWO: Readonly<Record<string, PerennialPipelineProps>> = {
  Shop: {},
  Outlet: { config: { timeZone: 'Europe/Paris' }, monthlyBudgetUsd: 10, budgetByTag: true },
};

/** Templates by what they were made from: synthesis takes a second, and files of the project share this module. */
const templates = new Map<string, Template>();

/** Template of one stack that holds a pipeline for each of `pipelines`, by construct id. Shared: it is read only. */
export function pipelineTemplate(pipelines: Readonly<Record<string, PerennialPipelineProps>> = { Pipeline: {} }): Template {
  const key = JSON.stringify(pipelines);
  const template = templates.get(key) ?? synthesise(pipelines);
  templates.set(key, template);
  return template;
}

function synthesise(pipelines: Readonly<Record<string, PerennialPipelineProps>>): Template {
  const stack = new Stack(new App({ context: FAST_CONTEXT }), 'Test');
  for (const [id, props] of Object.entries(pipelines)) new PerennialPipeline(stack, id, props);
  return Template.fromStack(stack);
}
