import { parseArgs } from 'node:util';
import { bundleTable, tooLarge, tooSlow, weighBundles } from './bundle-report.ts';

/**
 * `npm run bundles`, also the end of `npm run synth`: prints what each function's bundle weighs, warns of one that is slow to import
 * and fails when one is too large. Reads what was synthesized; the folder is the one of the CDK command line (`CDK_OUTPUT`).
 */
const { values } = parseArgs({ options: { output: { type: 'string' } } });
try {
  const rows = weighBundles(values.output ?? process.env['CDK_OUTPUT'] ?? 'cdk.out');
  console.log(bundleTable(rows));
  for (const slow of tooSlow(rows)) console.error(`warning: ${slow}`);
  const large = tooLarge(rows);
  for (const problem of large) console.error(problem);
  if (large.length > 0) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
