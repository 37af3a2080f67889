import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildApp } from '../infra/app.ts';
import { describeCost, MARKS } from './cost/describe.ts';
import { type MeasuredCost, measureCost } from './cost/measure.ts';
import type { CostTemplate } from './cost/template.ts';
import type { BenchResults } from './report.ts';

const HELP = `npm run bench:cost [-- options]

Runs a generated shop for a week, counts what its nights ask of S3 and DynamoDB, and prints the cost of a million customers per night and
month, with the seconds of bench/results.json and the prices of bench/cost/prices.json. Writes bench/cost/measured.json and the tables of
docs/deploy.md.

  --computed     take the figures of bench/cost/measured.json instead of measuring
`;

const { values } = parseArgs({ options: { computed: { type: 'boolean' }, help: { type: 'boolean' } } });

const file = (name: string) => new URL(name, import.meta.url);
const readJson = async <T>(name: string): Promise<T> => JSON.parse(await readFile(file(name), 'utf8')) as T;

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!values.computed) await writeFile(file('cost/measured.json'), `${JSON.stringify(await measureCost(), undefined, 2)}\n`);
  const { app, stack } = buildApp({ context: { 'aws:cdk:bundling-stacks': [] } });
  const template = app.synth().getStackArtifact(stack.artifactId).template as CostTemplate;
  const text = describeCost({
    measured: await readJson<MeasuredCost>('cost/measured.json'),
    results: await readJson<BenchResults>('results.json'),
    template,
  });
  process.stdout.write(`${text}\n`);
  const page = await readFile(file('../docs/deploy.md'), 'utf8');
  const [head, rest = ''] = page.split(MARKS.begin);
  const tail = rest.slice(rest.indexOf(MARKS.end));
  if (!tail.startsWith(MARKS.end)) throw new Error(`docs/deploy.md: no ${MARKS.begin} and ${MARKS.end}, expected both.`);
  await writeFile(file('../docs/deploy.md'), `${head}${MARKS.begin}\n${text}\n${tail}`);
}

await main();
