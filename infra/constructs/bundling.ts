import { fileURLToPath } from 'node:url';
import { type BundlingOptions, LogLevel, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { BuildOptions } from 'esbuild';

/** Folder of the project, with a slash at its end. */
export const PROJECT_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Source of a function's handler. */
export const handlerEntry = (name: string): string => `${PROJECT_ROOT}functions/${name}/handler.ts`;

/**
 * How a handler is bundled, in esbuild's words: for whoever builds one without the CDK. `build({ ...HANDLER_BUILD, entryPoints:
 * [handlerEntry(step)], outfile })` gives what is deployed. Below a package.json of ES modules, as this project's, name the file
 * `.cjs`.
 *
 * CommonJS, though the sources are ES modules: `import 'node:http'` makes Node read every export of it, and with them load its
 * fetch client, which `require` leaves alone. With crypto, util and process that is 40 ms of an import of 200 ms.
 */
export const HANDLER_BUILD = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  minify: true,
  // Read at the first error, not at every start: functions/_shared/error-text.ts.
  sourcemap: true,
  sourcesContent: false,
  // Of packages that have both forms the ES modules: of those esbuild leaves out what nobody imports.
  mainFields: ['module', 'main'],
  logLevel: 'warning',
} satisfies BuildOptions;

/** The same in the words of the CDK, whose defaults are the rest of HANDLER_BUILD. */
export const bundlingOptions = (): BundlingOptions => ({
  format: OutputFormat.CJS,
  target: HANDLER_BUILD.target,
  minify: HANDLER_BUILD.minify,
  sourceMap: HANDLER_BUILD.sourcemap,
  sourcesContent: HANDLER_BUILD.sourcesContent,
  mainFields: HANDLER_BUILD.mainFields,
  logLevel: LogLevel.WARNING,
  // The SDK of the lockfile, not the one that the runtime happens to carry.
  bundleAwsSDK: true,
});
