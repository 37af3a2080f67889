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

/** Template of one stack that holds a pipeline for each of `pipelines`, by construct id. */
export function pipelineTemplate(pipelines: Readonly<Record<string, PerennialPipelineProps>> = { Pipeline: {} }): Template {
  const stack = new Stack(new App({ context: FAST_CONTEXT }), 'Test');
  for (const [id, props] of Object.entries(pipelines)) new PerennialPipeline(stack, id, props);
  return Template.fromStack(stack);
}
