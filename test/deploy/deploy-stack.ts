import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { REPOSITORY } from '../support/command-line.ts';
import { EMULATED_ACCOUNT, EMULATED_REGION } from '../support/emulators/ministack.ts';
import type { Account } from './account.ts';
import { runWell } from './child.ts';

export const STACK = 'Perennial';

/** Two cores of this machine run all functions: one Node process of 100 MB for each that runs at once. */
const MAX_CONCURRENCY = 2;

/** What the emulator needs; everything else is as the product has it. */
export const DEPLOY_OPTIONS = {
  maxConcurrency: MAX_CONCURRENCY,
  // The emulator has no AWS::Budgets::Budget and refuses the whole template.
  monthlyBudgetUsd: null,
} as const;

/** A deployed stack. */
export interface DeployedStack {
  readonly name: string;
  /** By output key. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: readonly StackResource[];
}

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly status: string;
}

/** How the CDK is called. */
export interface CdkCall {
  /** With the variables of the emulated account. */
  readonly env: NodeJS.ProcessEnv;
  /** Takes assembly and outputs. */
  readonly folder: string;
  readonly limitMs: number;
}

/** Prepares the account, as an operator does once. */
export async function bootstrap(call: CdkCall): Promise<void> {
  await cdk(['bootstrap', `aws://${EMULATED_ACCOUNT}/${EMULATED_REGION}`], call);
}

/** Deploys `infra/app.ts` whole, with bundles made now. */
export async function deployStack(account: Account, call: CdkCall): Promise<DeployedStack> {
  const { folder } = call;
  const outputsFile = join(folder, 'outputs.json');
  const assembly = ['--app', 'node infra/app.ts', '--output', join(folder, 'cdk.out'), '--outputs-file', outputsFile];
  const options = ['--require-approval', 'never', '--context', `config=${JSON.stringify(DEPLOY_OPTIONS)}`];
  await cdk(['deploy', STACK, ...assembly, ...options], call);
  const outputs = JSON.parse(await readFile(outputsFile, 'utf8')) as Record<string, Record<string, string>>;
  const described = await account.cloudFormation.send(new DescribeStackResourcesCommand({ StackName: STACK }));
  const resources = (described.StackResources ?? []).map((resource) => ({
    logicalId: resource.LogicalResourceId ?? '',
    type: resource.ResourceType ?? '',
    physicalId: resource.PhysicalResourceId ?? '',
    status: resource.ResourceStatus ?? '',
  }));
  return { name: STACK, outputs: outputs[STACK] ?? {}, resources };
}

/** An output that the stack must have. */
export function outputOf({ outputs }: DeployedStack, key: string): string {
  const value = outputs[key];
  if (!value) throw new Error(`Stack ${STACK}: no output ${key}, found ${Object.keys(outputs).join(', ')}`);
  return value;
}

function cdk(args: readonly string[], { env, limitMs }: CdkCall) {
  const program = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  return runWell({
    command: process.execPath,
    args: [program, ...args, '--no-notices', '--no-telemetry', '--ci'],
    cwd: REPOSITORY,
    env,
    limitMs,
  });
}
