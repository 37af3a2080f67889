import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { LOCAL_ARN_PREFIX, loadDefinition, type MachineTemplate } from '../../cli/local/definition.ts';
import type { Account } from './account.ts';
import type { Check } from './compare.ts';
import { DEPLOY_OPTIONS, type DeployedStack, outputOf } from './deploy-stack.ts';

/**
 * The definition that the emulator holds against the one that the local interpreter runs. ARNs of functions become the names of
 * their steps; `MaxConcurrency` is a deploy option, so it must be what was asked for and is then left out.
 *
 * @param folder holds the assembly that was deployed
 */
export async function compareDefinition(account: Account, stack: DeployedStack, folder: string): Promise<Check> {
  const stateMachineArn = outputOf(stack, 'MachineArn');
  const { definition = '' } = await account.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const template = JSON.parse(await readFile(join(folder, 'cdk.out', `${stack.name}.template.json`), 'utf8')) as MachineTemplate;
  const deployed = flatten(JSON.parse(withSteps(definition, stack, template)));
  const local = flatten(await loadDefinition());
  const paths = [...new Set([...deployed.keys(), ...local.keys()])].sort();
  const differences = paths.flatMap((path) => {
    const [found, known] = [deployed.get(path), local.get(path)];
    const expected = path.endsWith('.MaxConcurrency') ? String(DEPLOY_OPTIONS.maxConcurrency) : known;
    return found === expected && known !== undefined ? [] : [`${path}: deployed ${found}, local ${known}`];
  });
  return { name: 'definition of the machine', compared: paths.length, differences };
}

/** The definition with the local name in the place of each function's ARN. */
function withSteps(definition: string, { resources }: DeployedStack, template: MachineTemplate): string {
  let named = definition;
  for (const { logicalId, type, physicalId } of resources) {
    if (type !== 'AWS::Lambda::Function') continue;
    const environment = template.Resources[logicalId]?.Properties?.['Environment'] as
      | { Variables?: { PERENNIAL_STEP?: string } }
      | undefined;
    const step = environment?.Variables?.PERENNIAL_STEP;
    const arn = new RegExp(`"arn:aws:lambda:[^":]+:[^":]+:function:${physicalId}"`, 'g');
    if (step !== undefined) named = named.replaceAll(arn, JSON.stringify(LOCAL_ARN_PREFIX + step));
  }
  return named;
}

/** Every value by its path. */
function flatten(value: unknown, path = '$', flat = new Map<string, string>()): Map<string, string> {
  if (value !== null && typeof value === 'object' && Object.keys(value).length > 0) {
    for (const [name, inner] of Object.entries(value)) flatten(inner, `${path}.${name}`, flat);
  } else {
    flat.set(path, JSON.stringify(value));
  }
  return flat;
}
