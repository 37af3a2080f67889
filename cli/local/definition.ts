import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { InvariantBrokenError } from '../../lib/errors.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/perennial');

/** A task resource of the local definition ends in the name of its step. */
export const LOCAL_ARN_PREFIX = 'arn:aws:lambda:local:000000000000:function:';

/** What of CloudFormation stands in a synthesised definition string. */
type Intrinsic =
  | string
  | { readonly 'Fn::Join': readonly [string, readonly Intrinsic[]] }
  | { readonly 'Fn::GetAtt': readonly [string, string] }
  | { readonly Ref: string };

/** The part of a template that is read here. */
export interface MachineTemplate {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/**
 * The state machine that CDK synthesises, every task resource being `LOCAL_ARN_PREFIX` + step.
 *
 * Synthesis takes about a second; its result is kept under `node_modules/.cache` by the hash of what it is made from, so
 * that later calls do not load CDK at all.
 *
 * @throws InvariantBrokenError when the template holds something that this resolver does not know
 */
export async function loadDefinition(): Promise<StateMachineDefinition> {
  const path = join(CACHE, `definition-${await sourceHash()}.json`);
  const cached = await readFile(path, 'utf8').catch(() => undefined);
  if (cached !== undefined) return JSON.parse(cached) as StateMachineDefinition;
  const definition = resolveDefinition(await synthesise());
  await keep(path, JSON.stringify(definition));
  return definition;
}

/**
 * Reads the one state machine out of a template.
 *
 * @throws InvariantBrokenError when there is not exactly one, or it refers to something other than the steps' functions
 */
function resolveDefinition(template: MachineTemplate): StateMachineDefinition {
  const machines = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
  const [machine] = machines;
  if (!machine || machines.length > 1) {
    throw new InvariantBrokenError(`Template: ${machines.length} state machines, expected 1. See infra/stacks.`);
  }
  return JSON.parse(resolve(machine.Properties?.['DefinitionString'] as Intrinsic, template)) as StateMachineDefinition;
}

function resolve(value: Intrinsic, template: MachineTemplate): string {
  if (typeof value === 'string') return value;
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'];
    return parts.map((part) => resolve(part, template)).join(separator);
  }
  if ('Ref' in value && value.Ref === 'AWS::Partition') return 'aws';
  if ('Fn::GetAtt' in value && value['Fn::GetAtt'][1] === 'Arn') {
    const step = stepOfFunction(template.Resources[value['Fn::GetAtt'][0]]?.Properties);
    if (step !== undefined) return LOCAL_ARN_PREFIX + step;
  }
  throw new InvariantBrokenError(
    `Definition: ${JSON.stringify(value)}, expected the ARN of a step's function. See infra/machine.`,
  );
}

function stepOfFunction(properties: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const environment = properties?.['Environment'] as { Variables?: Record<string, string> } | undefined;
  return environment?.Variables?.['PERENNIAL_STEP'];
}

async function synthesise(): Promise<MachineTemplate> {
  const { buildApp } = await import('../../infra/app.ts');
  const outdir = await mkdtemp(join(tmpdir(), 'perennial-synth-'));
  try {
    const { app, stack } = buildApp({
      outdir,
      analyticsReporting: false,
      treeMetadata: false,
      // No esbuild, and no validation of resources that are not deployed from here: each would take seconds.
      context: { 'aws:cdk:bundling-stacks': [], '@aws-cdk/core:validateAgainstDefaultRules': false },
    });
    return app.synth().getStackArtifact(stack.artifactId).template as MachineTemplate;
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

/** SHA-256 of everything that decides the definition. */
async function sourceHash(): Promise<string> {
  const infra = await readdir(join(ROOT, 'infra'), { recursive: true });
  const sources = infra.filter((name) => name.endsWith('.ts')).map((name) => `infra/${name.replaceAll('\\', '/')}`);
  const others = ['lib/keys.ts', 'lib/errors.ts', 'cli/local/definition.ts', 'cdk.json', 'node_modules/aws-cdk-lib/package.json'];
  const hash = createHash('sha256');
  for (const name of [...sources.sort(), ...others]) hash.update(`${name}\0`).update(await readFile(join(ROOT, name)));
  return hash.digest('hex');
}

/** Writes a whole file or none. The cache is a convenience: a read-only checkout works without it. */
async function keep(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(CACHE, { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true });
  }
}
