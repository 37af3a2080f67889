import { parseArgs } from 'node:util';
import { bundleProblems, bundleTable, weighBundles } from './bundle-report.ts';

/**
 * `npm run bundles`, also the end of `npm run synth`: prints what each function's bundle weighs, and fails when one is too large or
 * too slow to import. Reads what was synthesized; the folder is the one of the CDK command line (`CDK_OUTPUT`).
 */
const { values } = parseArgs({ options: { output: { type: 'string' } } });
try {
  const rows = weighBundles(values.output ?? process.env['CDK_OUTPUT'] ?? 'cdk.out');
  console.log(bundleTable(rows));
  const problems = bundleProblems(rows);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
