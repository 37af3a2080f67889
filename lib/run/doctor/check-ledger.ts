import { fileURLToPath } from 'node:url';
import { lakeKeys } from '../../keys.ts';
import { addDays, businessClock, dayOf, formatRange } from '../../time.ts';
import { counted } from '../counted.ts';
import type { RunDeps } from '../deps.ts';
import { findMarker, listDropDates } from '../drop-folder.ts';
import { dropsUrlOf, recordedDrops } from '../drops-place.ts';
import { isFinished } from '../finish-committed.ts';
import { readConfig } from '../plan.ts';
import { type Current, chainOf, findLease, type RunRecord } from '../run-ledger.ts';
import { type Finding, ok, oneLine, problem, warning } from './finding.ts';

/** What was read of the run ledger. */
export interface Ledger {
  readonly current: Current | undefined;
  /** Every run, oldest first. */
  readonly runs: readonly RunRecord[];
  /** The committed run. */
  readonly committed: RunRecord | undefined;
}

/** `CURRENT` names a run that the ledger has. */
export async function checkCommitted({ lake }: RunDeps, { current, runs, committed }: Ledger): Promise<Finding> {
  const restore = 'Restore the runs table from a copy: dynamo/ of a home, point-in-time recovery of a stack.';
  if (!current) {
    for await (const { key } of runs.length === 0 ? lake.list(lakeKeys.runsPrefix) : []) {
      return problem('committed', `nothing, and the run ledger is empty, but the lake has ${key}`, restore);
    }
    return ok('committed', 'nothing yet', 'Begin with put and run.');
  }
  if (!committed) return problem('committed', `${current.runId}, which the run ledger does not have`, restore);
  if (committed.to !== current.dt) {
    return problem('committed', `${current.runId} up to ${current.dt}, but its record ends on ${committed.to}`, restore);
  }
  return ok('committed', `${current.runId}, up to ${current.dt}`);
}

/** The committed chain is whole. */
export async function checkChain(deps: RunDeps, { runId }: RunRecord): Promise<Finding> {
  const chain = await chainOf(deps, runId);
  const [newest, oldest] = [chain[0] as RunRecord, chain.at(-1) as RunRecord];
  return ok('chain', `${counted(chain.length, 'run')}, ${formatRange(oldest.from, newest.to)}`);
}

/** What follows a commit was done to its end. */
export async function checkFinished({ current, committed }: Ledger): Promise<Finding> {
  if (!current || !committed || isFinished(current, committed)) return ok('commit', 'finished');
  return warning(
    'commit',
    `${committed.runId} is ${committed.state}: profiles and latest.json may show the run before it`,
    'The next run finishes it first.',
  );
}

/** Nobody dead holds the lease. */
export async function checkLease(deps: RunDeps): Promise<Finding> {
  const lease = await findLease(deps);
  if (!lease || lease.runId === '') return ok('lease', 'free');
  const holder = `${lease.runId} (${lease.owner.command}, process ${lease.owner.pid} on ${lease.owner.host})`;
  const until = new Date(lease.until).toISOString();
  // Whoever has opened this home holds it alone: a holder in the ledger is dead.
  if (!deps.isExclusive && lease.until > deps.now()) return ok('lease', `held by ${holder} until ${until}: a run is at work`);
  const ended = deps.isExclusive ? 'that process is gone' : `ran out at ${until}`;
  return warning('lease', `held by ${holder}; ${ended}`, 'The next run takes it over.');
}

/** The newest run that is neither committed nor superseded says how it ended. */
export async function checkNewest(deps: RunDeps, { runs, current }: Ledger): Promise<Finding> {
  const newest = runs.filter(({ state }) => state !== 'SUPERSEDED').at(-1);
  if (!newest) return ok('newest run', 'none');
  const { runId, state, from, to } = newest;
  const what = `${runId} of ${formatRange(from, to)}`;
  if (runId === current?.runId) return ok('newest run', `${what} is the committed one`);
  const told = `${what} is ${state}${newest.error === '' ? '' : `: ${oneLine(newest.error)}`}`;
  if (state === 'HELD') {
    return warning('newest run', told, `Take it as it is with \`approve ${runId}\`, or correct the drop and run again.`);
  }
  if (state === 'FAILED') return problem('newest run', told, `Correct what it names, then run again: ${againOf(deps, newest)}.`);
  if (state !== 'OPEN') return problem('newest run', `${told}, but CURRENT does not name it`, `See \`runs show ${runId}\`.`);
  const lease = await findLease(deps);
  const isAtWork = !deps.isExclusive && lease?.runId === runId && lease.until > deps.now();
  return isAtWork
    ? ok('newest run', `${told}: at work`)
    : warning('newest run', `${told}: it died`, `Go on with it: ${againOf(deps, newest)}.`);
}

/** The command that asks for the same run again: with other dates a dead run is superseded, not gone on with. */
function againOf(deps: RunDeps, { from, to, rebuild, dropsUrl }: RunRecord): string {
  if (rebuild !== undefined) return '`rebuild`, with the options of before';
  const place =
    dropsUrl === recordedDrops(deps, undefined)
      ? ''
      : `, with --data ${dropsUrl.startsWith('file:') ? fileURLToPath(dropsUrl) : dropsUrl}`;
  return `\`run --from ${from} --to ${to}\`${place}`;
}

/** The drop of the next night is there, or is not due yet. */
export async function checkNextDrop(deps: RunDeps, { committed }: Ledger): Promise<Finding> {
  const own = dropsUrlOf(deps, { dropsUrl: recordedDrops(deps, undefined) });
  if (!committed) return checkFirstDrop(deps, own);
  const date = addDays(committed.to, 1);
  // A night reads the lake unless it is told another place, as the last one may have been.
  if ((await findMarker(deps.openStore(own), date)).ready) return ok('next drop', `${date} is ready`, 'Take it: `run`.');
  const last = dropsUrlOf(deps, committed);
  const { ready, hasFiles, problem: why } = await findMarker(deps.openStore(last), date);
  if (ready) return ok('next drop', `${date} is ready in ${last}`, 'Take it: `run`, with --data as before.');
  if (hasFiles) return warning('next drop', oneLine(why), 'Complete it and write its marker; nights wait for it.');
  const { timeZone } = await readConfig(deps, committed.configSha256);
  const today = businessClock(timeZone).dayOfInstant(deps.now());
  if (today <= dayOf(date)) return ok('next drop', `${date} is not over yet`);
  // A home has no schedule. A stack's nights come on the day after the date.
  const isLate = !deps.isExclusive && today > dayOf(date) + 1;
  return isLate
    ? warning('next drop', oneLine(why), 'Deliver it; nights wait for it.')
    : ok('next drop', `${date} is not there yet`, 'Deliver it, then `run`.');
}

/** Before the first run: any drop. */
async function checkFirstDrop(deps: RunDeps, url: string): Promise<Finding> {
  const dates = await listDropDates(deps.openStore(url));
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return ok('next drop', `none in ${url}`, 'Deliver drops: `put DIR`.');
  return ok('next drop', `${formatRange(first, last)}, in ${url}`, 'Take the oldest: `run`.');
}
