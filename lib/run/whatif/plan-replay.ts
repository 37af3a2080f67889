import type { PerennialConfig } from '../../config/config.ts';
import { type ConfigChange, configChanges } from '../../config/config-changes.ts';
import { parseConfig } from '../../config/load.ts';
import { ConfigError, UsageError } from '../../errors.ts';
import { lakeKeys } from '../../keys.ts';
import { addDays, type BusinessDate } from '../../time.ts';
import { parseConfigText } from '../config-in-force.ts';
import type { RunDeps } from '../deps.ts';
import { isBookKept } from '../known-books.ts';
import { readConfig } from '../plan.ts';
import { committedRange, covering } from '../read-results.ts';
import { generationChanges } from '../rebuild/generation-change.ts';
import type { RunRecord } from '../run-ledger.ts';

/** What is asked of a what-if. */
export interface WhatIfRequest {
  /** Text of the other configuration. */
  readonly configText: string;
  /** What messages call it. */
  readonly where: string;
  readonly from: BusinessDate;
  /** Left out: the last committed date. */
  readonly to?: BusinessDate | undefined;
}

/** What is replayed, and on what. */
export interface ReplayPlan {
  /** The committed chain, newest first. */
  readonly chain: readonly RunRecord[];
  /** The run whose configuration is compared with: the newest committed one. */
  readonly configRun: string;
  readonly inForce: PerennialConfig;
  readonly whatIf: PerennialConfig;
  readonly changes: readonly ConfigChange[];
  /** Keys of `changes` that no replay can show. */
  readonly withoutEffect: readonly string[];
  /** The dates that are told of. */
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  /** The first night that is replayed: `from`, or earlier where no book is kept of the day before. */
  readonly begin: BusinessDate;
  /** The run whose books and state the replay goes on from; null where it begins with nothing. */
  readonly base: { readonly runId: string; readonly dt: BusinessDate } | null;
}

/**
 * Keys that decide which files are taken, what is checked, what lists are called, whom they leave out and where they go; not what comes
 * of the facts.
 */
const WITHOUT_EFFECT = /^(lateFileDays|gates|destinations|plays|segments\.[^.]+\.(name|play|holdoutShare))(\.|$)/;

/**
 * Settles what a what-if replays: the newest committed run before `from` whose books and state are all kept is the base, else the
 * first date of the chain is the first night.
 *
 * @throws ConfigError for a configuration that is not valid, and for one under which the facts themselves would be others
 * @throws UsageError for dates that are not committed, and for a configuration that changes nothing
 */
export async function planReplay(deps: RunDeps, request: WhatIfRequest): Promise<ReplayPlan> {
  const { from, where } = request;
  const { chain, to } = await committedRange(deps, from, request.to);
  const newest = chain[0] as RunRecord;
  const { generation } = covering(chain, from);
  const inForce = await readConfig(deps, newest.configSha256);
  const whatIf = otherConfig(request, inForce);
  const changes = configChanges(inForce, whatIf);
  const withoutEffect = changes.map(({ key }) => key).filter((key) => WITHOUT_EFFECT.test(key));
  if (withoutEffect.length === changes.length) {
    const seen =
      changes.length === 0 ? 'the same as that of' : `changes ${withoutEffect.join(', ')} alone, which no replay shows, against`;
    throw new UsageError(
      `Configuration ${where}: ${seen} run ${newest.runId}, expected other thresholds. Change some; \`config show\` prints those in force.`,
    );
  }
  const base = await findBase(deps, chain, { from, generation, shards: inForce.shards });
  const begin = base ? addDays(base.dt, 1) : (chain.at(-1) as RunRecord).from;
  return { chain, configRun: newest.runId, inForce, whatIf, changes, withoutEffect, from, to, begin, base };
}

/** The other configuration; where it does not say how many shards, those of the home hold. */
function otherConfig({ configText, where }: WhatIfRequest, inForce: PerennialConfig): PerennialConfig {
  const given = parseConfigText(configText, where);
  const parsed = parseConfig(given, where);
  const whatIf = 'shards' in given ? parsed : { ...parsed, shards: inForce.shards };
  const refused = generationChanges(inForce, whatIf).filter(({ name }) => name !== 'scoring');
  if (refused.length > 0) {
    const texts = refused.map(({ name, before, now }) => (now === '' ? name : `${name} ${before} → ${now}`));
    throw new ConfigError(
      `Configuration ${where}: changes ${texts.join(', ')}, expected other thresholds alone, for under it the facts themselves would be others. Leave that as it is; \`rebuild\` with that configuration makes all state anew.`,
    );
  }
  return whatIf;
}

interface BaseQuery {
  readonly from: BusinessDate;
  readonly generation: number;
  readonly shards: number;
}

async function findBase(deps: RunDeps, chain: readonly RunRecord[], { from, generation, shards }: BaseQuery) {
  for (const run of chain) {
    if (run.to >= from || run.generation !== generation) continue;
    if (await isStateKept(deps, run, shards)) return { runId: run.runId, dt: run.to };
  }
  return null;
}

/** True when everything that a run goes on from is there. */
async function isStateKept({ lake }: RunDeps, { generation, runId, to: dt }: RunRecord, shards: number): Promise<boolean> {
  for (let shard = 0; shard < shards; shard++) {
    const place = { generation, dt, runId, shard };
    if (!(await lake.stat(lakeKeys.result('state', place))) || !(await isBookKept({ lake }, place))) return false;
  }
  const found = await Promise.all([
    lake.stat(lakeKeys.calibration({ generation, dt, runId })),
    lake.stat(lakeKeys.epochs(generation, runId)),
  ]);
  return found.every((info) => info !== undefined);
}
