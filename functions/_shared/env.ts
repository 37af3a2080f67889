import * as z from 'zod';
import { explainIssues } from '../../lib/config/explain-issues.ts';
import { ConfigError } from '../../lib/errors.ts';

/** What every function reads from its environment: names, no secrets. The one reader of `process.env` in functions. */
const schema = z.object({
  LAKE_URL: z.string().min(1),
  EXPORTS_URL: z.string().min(1),
  PROFILES_TABLE: z.string().min(1),
  TRANSITIONS_TABLE: z.string().min(1),
  RUNS_TABLE: z.string().min(1),
  PERENNIAL_CONFIG: z.string().default(''),
  DEPLOYED_CONFIG: z.string().default(''),
  NOTIFY_TOPIC_ARN: z.string().optional(),
  PII_KEY_ARN: z.string().optional(),
  /** How long the lease of a run lives without renewal: 20 minutes outlive the longest function. */
  LEASE_SECONDS: z.coerce.number().int().min(1).default(1200),
  EXCLUSIVE_HOME: z.string().default(''),
  /** Set by Lambda. */
  AWS_LAMBDA_FUNCTION_NAME: z.string().default(''),
});

/** The environment of a function. @throws ConfigError that lists every missing name */
export function parseEnv(): z.infer<typeof schema> {
  const parsed = schema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`Environment: ${explainIssues(parsed.error, process.env)}. Deploy again, or set the names.`);
}

/** Name of the deployed pipeline, dimension of its metrics; '' where none is deployed. Read before any function is called. */
export const pipelineName = (): string => process.env['PIPELINE_NAME'] ?? '';
