import { readFileSync } from 'node:fs';
import type { Node } from 'constructs';
import * as z from 'zod';
import { explainIssues } from '../lib/config/load.ts';
import { ConfigError } from '../lib/errors.ts';
import { isTimeZone } from '../lib/time.ts';

/** Days of log retention that CloudWatch accepts. */
const LOG_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653] as const;

/** What a deployment may choose. Unknown keys are errors; every key has a default. */
export const deployOptions = z.strictObject({
  /** Name of the CloudFormation stack. */
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/)
    .default('Perennial'),
  /** The scoring configuration: what `perennial.config.json` holds. */
  scoring: z.record(z.string(), z.unknown()).default({}),
  /** When the nightly run starts; the time zone's default is that of `scoring`. */
  schedule: z
    .strictObject({
      hour: z.int().min(0).max(23).optional(),
      minute: z.int().min(0).max(59).optional(),
      timeZone: z.string().refine(isTimeZone, 'unknown time zone, expected an IANA name such as Asia/Shanghai').optional(),
      enabled: z.boolean().optional(),
      /** Minutes after the start by which a run must be open; at most 23 h, before the next start. */
      deadlineMinutes: z.int().min(10).max(1380).optional(),
    })
    .prefault({}),
  maxConcurrency: z.int().min(1).max(1000).optional(),
  /** Read request units of each table in a second. */
  maxReadUnitsPerSecond: z.int().min(100).max(40_000).optional(),
  /** Write request units of each table in a second: at least the items that a run writes / 750, so that project-shard ends in time. */
  maxWriteUnitsPerSecond: z.int().min(100).max(40_000).optional(),
  /** US dollars of a month from which on people are told; null for no budget. */
  monthlyBudgetUsd: z.number().min(1).nullable().optional(),
  /** True: the budget counts what carries the tag `perennial` of the pipeline; activate it as a cost allocation tag first. */
  budgetByTag: z.boolean().optional(),
  /** Address of the runbook, which alarms name. */
  runbookUrl: z.string().min(1).optional(),
  /** Buckets whose drops a run may read in place, with the ARN of their KMS key where they have one. */
  dropsBuckets: z.array(z.strictObject({ name: z.string().min(3), keyArn: z.string().startsWith('arn:').optional() })).optional(),
  logRetentionDays: z.literal(LOG_DAYS).default(90),
});

/** What a deployment may choose, defaults filled. */
export type DeployOptions = z.infer<typeof deployOptions>;

/**
 * Reads the options from the CDK context key `config`: a path of a JSON file, JSON text, or an object in `cdk.json`.
 *
 * @example npx cdk deploy -c config=config/production.json
 * @throws ConfigError that names every wrong key, or the file that cannot be read
 */
export function readDeployOptions(node: Node): DeployOptions {
  const given: unknown = node.tryGetContext('config') ?? {};
  const where = typeof given === 'string' ? given : 'in the CDK context';
  const parsed = deployOptions.safeParse(typeof given === 'string' ? parseText(given) : given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`Deploy options ${where}: ${explainIssues(parsed.error)}. Correct them; see infra/config.ts.`);
}

function parseText(text: string): unknown {
  const isJson = text.trimStart().startsWith('{');
  try {
    return JSON.parse(isJson ? text : readFileSync(text, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`Deploy options ${text}: ${String(cause)}, expected JSON or the path of a JSON file. Correct it.`, {
      cause,
    });
  }
}
