import { createHash } from 'node:crypto';
import type { PerennialConfig } from '../../config/config.ts';
import { ConfigError } from '../../errors.ts';
import type { BusinessDate } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import { dropsUrlOf } from '../drops-place.ts';
import type { RunRecord } from '../run-ledger.ts';
import { type QuarantineEntry, sourcesOf } from './read-quarantine.ts';
import { retryLine } from './retry-line.ts';

/** Files that a retry wrote, by their names. */
const RETRY_FILE = /\/retry-[0-9a-f]{16}\.(csv|jsonl)$/;

/** Rows that came back by a retry which a run took. */
export interface RetriedRows {
  /** True for a row whose retry was taken after the row was refused; refused again it is another row of the quarantine. */
  has(entry: QuarantineEntry): boolean;
}

/** Reads the files of retries that runs took. One that is gone or was changed since tells nothing. @param runs newest first */
export async function readRetried(deps: RunDeps, runs: readonly RunRecord[], config: PerennialConfig): Promise<RetriedRows> {
  const takenOn = new Map<string, BusinessDate>();
  const texts: { readonly name: string; readonly text: string; readonly knownOn: BusinessDate }[] = [];
  for (const run of runs) {
    for await (const { key, feed, sha256, knownOn } of sourcesOf(deps, [run])) {
      if (!RETRY_FILE.test(key)) continue;
      const bytes = await deps.openStore(dropsUrlOf(deps, run)).get(key);
      if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256) continue;
      const text = Buffer.from(bytes).toString('utf8');
      texts.push({ name: feed, text: `\n${text}`, knownOn });
      for (const line of text.split('\n')) {
        const name = `${feed}\n${line}`;
        const before = takenOn.get(name);
        if (before === undefined || before < knownOn) takenOn.set(name, knownOn);
      }
    }
  }
  const isTaken = ({ feed, knownOn }: QuarantineEntry, line: string): boolean => {
    // a quoted value may hold line ends
    if (line.includes('\n')) {
      return texts.some((file) => file.name === feed && file.knownOn > knownOn && file.text.includes(`\n${line}\n`));
    }
    const taken = takenOn.get(`${feed}\n${line}`);
    return taken !== undefined && taken > knownOn;
  };
  return { has: (entry) => texts.length > 0 && isTaken(entry, lineOf(entry, config) ?? '') };
}

/** The text of a row's retry; undefined where the mapping allows none. */
function lineOf(entry: QuarantineEntry, config: PerennialConfig): string | undefined {
  try {
    return retryLine(entry, config);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
