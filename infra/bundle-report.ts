import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ConfigError } from '../lib/errors.ts';

/** Bytes of a minified handler at the most. */
const MAX_BYTES = 1_500_000;

/** Milliseconds of the quickest import of a handler at the most. */
const MAX_IMPORT_MS = 200;

/** Imports of a handler: the fewer when one of them is quick enough already. What else the machine does only makes an import slower. */
const ROUNDS = { min: 3, max: 15 } as const;

/**
 * Imports a handler as Lambda's runtime does, then lets the event loop turn once: what a module has started by then belongs to the
 * cold start too (the tracer). It takes the time of the clock, or of the processor where that is less: an import waits for nothing,
 * so on a machine that has other work to do the rest of the clock's time was for that.
 */
const IMPORT = `
const cpu = process.cpuUsage();
const begin = performance.now();
if (typeof require(process.argv[1]).handler !== 'function') throw new Error('no handler');
setImmediate(() => {
  const clockMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(String(Math.min(clockMs, (user + system) / 1000)));
  process.exit();
});
`;

/** A function of a template and what its bundle weighs. */
export interface BundleRow {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly importMs: number;
}

/** A function as the template has it. */
interface SynthesizedFunction {
  readonly name: string;
  /** Folder of its code. */
  readonly asset: string;
  readonly environment: Readonly<Record<string, unknown>>;
}

/** The parts of a CloudFormation template that are read here. */
interface Template {
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Properties?: {
          readonly Description?: string;
          readonly Code?: { readonly S3Key?: string };
          readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
        };
      }
    >
  >;
}

/**
 * Weighs the bundle of every function that was synthesized into a folder. Nothing is built.
 *
 * @param folder cdk.out
 * @throws ConfigError when the folder has none
 */
export function weighBundles(folder: string): BundleRow[] {
  const functions = findFunctions(folder);
  if (functions.length === 0) {
    throw new ConfigError(
      `Folder ${folder}: no functions, expected what npm run synth makes. Run it, or name another with --output.`,
    );
  }
  return functions.map((one) => weigh(one)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function findFunctions(folder: string): SynthesizedFunction[] {
  const prefix = 'Perennial: ';
  return readTemplates(folder).flatMap(({ Resources }) =>
    Object.values(Resources).flatMap(({ Type, Properties }) => {
      const { Description = '', Code, Environment } = Properties ?? {};
      if (Type !== 'AWS::Lambda::Function' || !Description.startsWith(prefix)) return [];
      // The CDK names the key of an asset, and its folder here, after its hash.
      const asset = join(folder, `asset.${(Code?.S3Key ?? '').replace(/\.zip$/, '')}`);
      return [{ name: Description.slice(prefix.length), asset, environment: Environment?.Variables ?? {} }];
    }),
  );
}

function readTemplates(folder: string): Template[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const templates = names.filter((name) => name.endsWith('.template.json'));
  return templates.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Template);
}

function weigh({ name, asset, environment }: SynthesizedFunction): BundleRow {
  const bundle = readBundle(name, asset);
  const row = { name, bytes: bundle.length, gzipBytes: gzipSync(bundle).length };
  // A folder of its own, as on Lambda: a package.json above cdk.out would say what kind of module it is.
  const dir = mkdtempSync(join(tmpdir(), 'perennial-bundle-'));
  try {
    writeFileSync(join(dir, 'package.json'), '{}');
    copyFileSync(join(asset, 'index.js'), join(dir, 'index.js'));
    return { ...row, importMs: quickestImport(name, join(dir, 'index.js'), environment) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function readBundle(name: string, asset: string): Buffer {
  try {
    return readFileSync(join(asset, 'index.js'));
  } catch (cause) {
    throw new ConfigError(
      `Bundle of ${name}: no ${join(asset, 'index.js')}, expected what npm run synth makes. Synthesize again; another folder than cdk.out is named by CDK_OUTPUT.`,
      { cause },
    );
  }
}

function quickestImport(name: string, file: string, environment: SynthesizedFunction['environment']): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < (quickest > MAX_IMPORT_MS ? ROUNDS.max : ROUNDS.min); round++) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', IMPORT, file], {
      env: lambdaEnvironment(name, environment),
      encoding: 'utf8',
    });
    if (status !== 0)
      throw new ConfigError(`Bundle of ${name}: cannot be imported (${stderr.trim()}), expected a handler. Correct it.`);
    quickest = Math.min(quickest, Number(stdout));
  }
  return quickest;
}

/** What Lambda sets and what the template sets; names that only a deployment knows get a stand-in. */
function lambdaEnvironment(name: string, variables: SynthesizedFunction['environment']): Record<string, string> {
  const known = Object.entries(variables).map(([key, value]) => [key, typeof value === 'string' ? value : 'deployed']);
  return {
    ...(Object.fromEntries(known) as Record<string, string>),
    AWS_REGION: 'eu-west-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    LAMBDA_TASK_ROOT: '/var/task',
    _HANDLER: 'index.handler',
    _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1',
  };
}

const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');

/** The bundles as an aligned table, and the measure below it. */
export function bundleTable(rows: readonly BundleRow[]): string {
  const cells = [
    ['handler', 'minified kB', 'gzip kB', 'import ms'],
    ...rows.map(({ name, bytes, gzipBytes, importMs }) => [
      name,
      thousands(bytes / 1000),
      thousands(gzipBytes / 1000),
      thousands(importMs),
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  const measure = `Import: the quickest of ${ROUNDS.min} (of up to ${ROUNDS.max} while it is too slow) in new processes of Node ${process.versions.node}, with the environment of Lambda and tracing on; time of the clock, or of the processor if that is less.`;
  return [...lines, '', measure].join('\n');
}

const NEXT = 'Leave out what it does not need.';

/** Which bundles are too large, one sentence each. */
export function tooLarge(rows: readonly BundleRow[]): string[] {
  return rows
    .filter(({ bytes }) => bytes > MAX_BYTES)
    .map(({ name, bytes }) => `Bundle of ${name}: ${thousands(bytes)} bytes, expected at most ${thousands(MAX_BYTES)}. ${NEXT}`);
}

/** Which bundles are too slow to import, one sentence each: to be told only, since a busy machine makes any of them slow. */
export function tooSlow(rows: readonly BundleRow[]): string[] {
  return rows
    .filter(({ importMs }) => importMs > MAX_IMPORT_MS)
    .map(
      ({ name, importMs }) =>
        `Bundle of ${name}: imported in ${thousands(importMs)} ms, expected at most ${MAX_IMPORT_MS}. ${NEXT}`,
    );
}
