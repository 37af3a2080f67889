import { readFileSync } from 'node:fs';
import type { Node } from 'constructs';
import * as z from 'zod';
import { configSchema } from '../lib/config/config.ts';
import { explainIssues } from '../lib/config/explain-issues.ts';
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

/** Last sentence of every error of the options. */
const CORRECT = 'Correct it; see docs/configuration.md, Deploy options.';

/**
 * Reads the options from the CDK context key `config`: a path of a JSON file, JSON text, or an object in `cdk.json`.
 *
 * @example npm run deploy -- -c config=production.json
 * @throws ConfigError that names every wrong key, those of `scoring` included, or the file that cannot be read
 */
export function readDeployOptions(node: Node): DeployOptions {
  const given: unknown = node.tryGetContext('config') ?? {};
  const isText = typeof given === 'string' && given.trimStart().startsWith('{');
  const isPath = typeof given === 'string' && !isText;
  const where = isPath ? given : isText ? 'given as JSON' : 'in the CDK context';
  const value = typeof given === 'string' ? parse(() => (isText ? given : readFileSync(given, 'utf8')), where) : given;
  const parsed = deployOptions.safeParse(value);
  const issues = [...(parsed.error?.issues ?? []), ...scoringIssues(value)];
  if (parsed.success && issues.length === 0) return parsed.data;
  const known = { ...deployOptions.keyof().enum, scoring: configSchema.parse({}) };
  const told = explainIssues(new z.ZodError(issues), value, known);
  throw new ConfigError(`Deploy options ${where}: ${told}. ${CORRECT}`);
}

/** What is wrong in the scoring configuration, told with the options: the construct would tell it only when they are right. */
function scoringIssues(value: unknown): z.core.$ZodIssue[] {
  const scoring = z.looseObject({ scoring: z.looseObject({}) }).safeParse(value);
  const { error } = configSchema.safeParse(scoring.data?.scoring ?? {});
  return (error?.issues ?? []).map((issue) => ({ ...issue, path: ['scoring', ...issue.path] }));
}

function parse(read: () => string, where: string): unknown {
  try {
    return JSON.parse(read());
  } catch (cause) {
    const { message } = cause as Error;
    throw new ConfigError(`Deploy options ${where}: ${message}, expected JSON, or the path of a JSON file. ${CORRECT}`, {
      cause,
    });
  }
}
