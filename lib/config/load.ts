import { createHash } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import { configSchema, type PerennialConfig } from './config.ts';
import { explainIssues } from './explain-issues.ts';

/** Text with keys in one order, so that equal values have equal bytes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 (hex) of a value's canonical JSON. */
export function hashJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/**
 * Checks a configuration and fills its defaults.
 *
 * @param value the parsed JSON; `{}` gives every default
 * @param where the file's name, for messages
 * @throws ConfigError that names every wrong key
 */
export function parseConfig(value: unknown, where: string): PerennialConfig {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = explainIssues(parsed.error, value, configSchema.parse({}));
  throw new ConfigError(`Configuration ${where}: ${issues}. Correct the file; see docs/configuration.md.`);
}

/** Hash of all of a configuration: kept in run records and manifests. */
export function configHash(config: PerennialConfig): string {
  return hashJson(config);
}

/** Hash of what decides scores: kept in score files. */
export function scoringHash(config: PerennialConfig): string {
  const { timeZone, currency, rates, rfm, clv, epochs, stages, tiers, warning } = config;
  return hashJson({ timeZone, currency, rates, rfm, clv, epochs, stages, tiers, warning });
}

/** What defines a generation: a change of it needs `rebuild`. */
export function generationTraits(config: PerennialConfig): { timeZone: string; currency: string; shards: number } {
  return { timeZone: config.timeZone, currency: config.currency, shards: config.shards };
}
