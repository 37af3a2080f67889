import { App, type AppProps } from 'aws-cdk-lib';
import cdkJson from '../cdk.json' with { type: 'json' };
import { isExpected } from '../lib/errors.ts';
import { readDeployOptions } from './config.ts';
import { PerennialStack } from './stacks/perennial-stack.ts';

/**
 * Builds the app with the feature flags of `cdk.json`, whoever runs it: `new App()` alone reads them only below the CDK
 * command line.
 *
 * @param props context goes on top of `cdk.json`, for example `aws:cdk:bundling-stacks: []` to skip esbuild
 * @throws ConfigError when the deploy options are wrong
 */
export function buildApp(props: AppProps = {}): { app: App; stack: PerennialStack } {
  const app = new App({ ...props, context: { ...cdkJson.context, ...props.context } });
  return { app, stack: new PerennialStack(app, 'Perennial', readDeployOptions(app.node)) };
}

async function synthesize(): Promise<void> {
  const { app, stack } = buildApp();
  // Not at the top: the local machine needs the definition only, and the rules take half a second to load.
  const { nagApp } = await import('./nag.ts');
  nagApp(app, stack.pipeline);
  app.synth();
}

if (import.meta.main) {
  try {
    await synthesize();
  } catch (error) {
    if (!isExpected(error)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    // At once: below the CDK command line an app that was begun would be synthesised when the process ends by itself.
    process.exit(1);
  }
}
