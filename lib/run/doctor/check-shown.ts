import { createHash } from 'node:crypto';
import { ContractMismatchError } from '../../errors.ts';
import { exportKeys, KEPT_DAYS, lakeKeys } from '../../keys.ts';
import { eachConcurrently } from '../../store/concurrently.ts';
import { counted } from '../counted.ts';
import type { RunDeps } from '../deps.ts';
import { findErasureSecret } from '../erasure-secret.ts';
import { findJson } from '../json-objects.ts';
import { readConfig } from '../plan.ts';
import { findMarker } from '../rebuild/projection-markers.ts';
import type { RunRecord } from '../run-ledger.ts';
import { shardsOf } from '../transition-files.ts';
import { AT_ONCE } from './check-results.ts';
import { isExpired } from './expired.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const FINISHES = 'The next run finishes the commit.';

/** What of a `latest.json` is looked at. */
interface Latest {
  readonly runId: string;
  readonly manifestKey: string;
  readonly manifestSha256: string;
}

/**
 * Every `latest.json` points to a manifest of the committed run, with the hash that it names, and the files of it are there.
 *
 * @param isDone false while a commit is not finished: then they may show the run before
 */
export async function checkExports(deps: RunDeps, run: RunRecord, isDone: boolean): Promise<Finding> {
  const { segments, destinations } = await readConfig(deps, run.configSha256);
  const places = segments.flatMap(({ id: segment }) => destinations.map(({ id: destination }) => ({ segment, destination })));
  if (isExpired(deps, run, 'exports')) {
    return ok('exports', `of ${run.runId} are older than ${KEPT_DAYS.exports} days and no longer kept`);
  }
  const wrong: string[] = [];
  for (const { segment, destination } of places) {
    const fault = await faultOf(deps, run, exportKeys.latest(segment, destination));
    if (fault !== undefined) wrong.push(fault);
  }
  if (wrong.length === 0) return ok('exports', `${counted(places.length, 'publication')} of ${run.runId}`);
  const found = `${wrong[0]}${wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : ''}`;
  return isDone ? problem('exports', found, publishing(run)) : warning('exports', found, FINISHES);
}

/** What to do about a list that is not as it was published. Asked for again, a rebuild does nothing. */
function publishing({ rebuild }: RunRecord): string {
  const restore = 'Restore the file from a copy, or wait: the night of the next drop publishes all lists anew';
  return rebuild === undefined ? `${restore}. \`rebuild\` does so at once.` : `${restore}.`;
}

async function faultOf(deps: RunDeps, run: RunRecord, key: string): Promise<string | undefined> {
  try {
    return await faultOfLatest(deps, run, key);
  } catch (error) {
    if (error instanceof ContractMismatchError || error instanceof SyntaxError) return `${key} or its manifest is not JSON`;
    throw error;
  }
}

async function faultOfLatest({ exports }: RunDeps, { runId }: RunRecord, key: string): Promise<string | undefined> {
  const latest = await findJson<Latest>(exports, key);
  if (!latest) return `${key} is missing`;
  if (latest.runId !== runId) return `${key} points to ${latest.runId}, not to ${runId}`;
  const bytes = await exports.get(latest.manifestKey);
  const manifest = bytes && (JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest);
  if (!bytes || !manifest) return `${key} points to ${latest.manifestKey}, which is missing`;
  if (createHash('sha256').update(bytes).digest('hex') !== latest.manifestSha256) {
    return `${latest.manifestKey} has another hash than ${key} says`;
  }
  for (const file of manifest.files) {
    const size = (await exports.stat(file.key))?.size;
    if (size !== file.bytes) return `${file.key} has ${size ?? 'no'} bytes, expected ${file.bytes}`;
  }
  return undefined;
}

interface Manifest {
  readonly files: readonly { readonly key: string; readonly bytes: number }[];
}

/** Profiles and transition items of every shard show the committed run. @param isDone false while a commit is not finished */
export async function checkProfiles(deps: RunDeps, run: RunRecord, isDone: boolean): Promise<Finding> {
  const shards = await shardsOf(deps, run);
  const others: string[] = [];
  await eachConcurrently(shards, AT_ONCE, async (shard) => {
    const { settled, begun } = await findMarker(deps, { generation: run.generation, shard, shards: shards.length });
    if (settled !== run.runId || begun.length > 0) others.push(`shard ${shard} ${settled === '' ? 'nothing' : settled}`);
  });
  if (others.length === 0) return ok('profiles', `${counted(shards.length, 'shard')} show ${run.runId}`);
  const found = `${counted(others.length, 'shard')} of ${shards.length} may show another run than ${run.runId}: ${others.sort()[0]}`;
  return isDone
    ? problem('profiles', found, 'The next run writes what differs; until then trust the scores of the lake.')
    : warning('profiles', found, FINISHES);
}

/** The secret that tells who was erased is there as soon as somebody was. */
export async function checkErasures(deps: RunDeps): Promise<Finding> {
  const secret = await findErasureSecret(deps);
  let files = 0;
  for await (const { key } of deps.lake.list(lakeKeys.erasuresPrefix)) if (key.includes('/known=')) files++;
  if (files === 0) return ok('erasures', secret ? 'a secret, nobody erased yet' : 'nobody was erased');
  if (secret) return ok('erasures', `the secret, ${counted(files, 'file')}`);
  return problem(
    'erasures',
    `${counted(files, 'file')}, but no secret: nobody can tell who was erased`,
    `Restore ${lakeKeys.erasureSecret} from a copy before the next run.`,
  );
}
