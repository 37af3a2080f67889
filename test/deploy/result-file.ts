import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CACHE } from '../support/emulators/cache.ts';
import type { Check } from './compare.ts';
import type { DeployedStack } from './deploy-stack.ts';
import type { Execution } from './executions.ts';

const RESULT = join(CACHE, 'deploy-result.json');

/** What a run of `test:deploy` found. */
export interface DeployResult {
  readonly stack: DeployedStack;
  readonly executions: readonly Execution[];
  readonly checks: readonly Check[];
  /** What the comparison found when one constant of one side was another. */
  readonly selfTest: SelfTest;
  readonly secondsByStage: Readonly<Record<string, number>>;
}

export interface SelfTest {
  readonly found: boolean;
  /** Count of differences by comparison. */
  readonly differences: Readonly<Record<string, number>>;
}

/** Writes `.cache/deploy-result.json`. @returns its path */
export async function writeResult({ stack, executions, checks, selfTest, secondsByStage }: DeployResult): Promise<string> {
  const written = {
    passed: checks.every(({ differences }) => differences.length === 0),
    stack: { name: stack.name, outputs: stack.outputs },
    arns: Object.fromEntries(stack.resources.map(({ logicalId, type, physicalId }) => [`${type} ${logicalId}`, physicalId])),
    compared: Object.fromEntries(
      checks.map(({ name, compared, differences }) => [name, { compared, differences: differences.length }]),
    ),
    executions,
    selfTest: { found: selfTest.found, differences: selfTest.differences },
    secondsByStage,
    versions: await versions(),
  };
  await writeFile(RESULT, `${JSON.stringify(written, undefined, 1)}\n`);
  return RESULT;
}

async function versions(): Promise<Record<string, string>> {
  const { resolve } = createRequire(import.meta.url);
  const versionOf = async (name: string) =>
    (JSON.parse(await readFile(resolve(`${name}/package.json`), 'utf8')) as { version: string }).version;
  const requirements = await readFile(new URL('../support/emulators/ministack.requirements.txt', import.meta.url), 'utf8');
  return {
    node: process.versions.node,
    'aws-cdk': await versionOf('aws-cdk'),
    'aws-cdk-lib': await versionOf('aws-cdk-lib'),
    ministack: /^ministack==(.+)$/m.exec(requirements)?.[1] ?? '',
  };
}
