import type { PerennialConfig } from '../../config/config.ts';
import { MAX_ID_BYTES } from '../../drop/row-rules.ts';
import { UsageError } from '../../errors.ts';
import { shardOf } from '../../ledger/id-hash.ts';
import { reasonOf } from '../../lifecycle/event-sentences.ts';
import { type PlayedSegment, playsOf, type SuggestedPlay, suggestionsOf } from '../../lifecycle/plays.ts';
import type { WarningPoints } from '../../lifecycle/warning-points.ts';
import type { Stage, WarningLevel } from '../../lifecycle/words.ts';
import { type BusinessDate, datesBetween, dayOf, formatDay } from '../../time.ts';
import { type CommittedErasures, readCommittedErasures } from '../committed-erasures.ts';
import type { RunDeps } from '../deps.ts';
import { readCalibration } from '../epoch-files.ts';
import { findErasureSecret } from '../erasure-secret.ts';
import { readConfig } from '../plan.ts';
import { committedChain, covering } from '../read-results.ts';
import type { RunRecord } from '../run-ledger.ts';
import { type WhatNext, whatNext } from './next.ts';
import { readOwnChanges } from './own-changes.ts';
import { readOwnFacts, type Wanted } from './own-facts.ts';
import { foldOwnFacts, type OwnHistory } from './own-history.ts';
import { type OwnScores, readOwnScores, type ScoreRow } from './own-scores.ts';
import { type TimelineEntry, timelineOf } from './timeline.ts';
import { pointsBySignal, type TodaySentence, todaySentences } from './today.ts';

/** One customer as known on a date, in numbers and in sentences of both languages. */
export interface Explanation {
  readonly customerId: string;
  readonly date: BusinessDate;
  readonly currency: string;
  readonly stage: Stage;
  /** The row of the scores, as `scores` prints it. */
  readonly scores: ScoreRow;
  readonly today: readonly TodaySentence[];
  readonly next: WhatNext;
  /** Ids of the segments that the customer belongs to, and of those that the customer is held out of. */
  readonly segments: readonly string[];
  readonly heldOutOf: readonly string[];
  readonly warning: {
    /** Null where they cannot be told apart, and for a customer who is not warned of. */
    readonly points: WarningPoints | null;
    /** Null where the state of the date is not kept, and where there is none. */
    readonly since: BusinessDate | null;
    readonly episodeOn: BusinessDate | null;
    readonly alertedOn: BusinessDate | null;
  };
  /** Suggested actions: whom to leave alone, then the most urgent. */
  readonly plays: readonly SuggestedPlay[];
  /** Ascending. */
  readonly timeline: readonly TimelineEntry[];
}

/** Told while files are read. @param done nights whose files of a kind were read so far */
export type OnRead = (what: 'ledger' | 'changes', done: number, of: number) => void;

/**
 * Explains one customer: what happened, where the customer stands on a committed date and why, and what would change next. Everything
 * as it was known on that date. Nothing is written.
 *
 * @param date left out: the last committed one
 * @throws UsageError for a date that is not committed or has no scores, and for a customer who is not known or was erased
 * Cost: reads the ledger and the changes of the customer's shard, every night from the first; memory for the customer alone.
 */
export async function explainCustomer(
  { customerId, date }: { readonly customerId: string; readonly date?: BusinessDate | undefined },
  deps: RunDeps,
  onRead: OnRead = () => undefined,
): Promise<Explanation> {
  const chain = await committedChain(deps);
  const asOf = date ?? (chain[0] as RunRecord).to;
  const run = covering(chain, asOf);
  const config = await readConfig(deps, run.configSha256);
  const id = idBytes(customerId);
  const wanted: Wanted = { id, shard: shardOf(id, 0, id.length, config.shards) };
  const erased = await readCommittedErasures(deps);
  const own = await findStanding(wanted, { deps, chain, run, asOf, erased });
  const nights = nightsUpTo(chain, asOf);
  const counting = (what: Parameters<OnRead>[0]) => {
    let done = 0;
    return () => onRead(what, ++done, nights.length);
  };
  const facts = await readOwnFacts(deps, wanted, nights, counting('ledger'));
  const history = foldOwnFacts(facts, id, {
    baseCurrency: config.currency,
    rateMaxAgeDays: config.rates.maxAgeDays,
    erasureSecret: await findErasureSecret(deps),
    accountsForShared: false,
  });
  if (!own) throw unknownCustomer(customerId, asOf, history);
  const changes = await readOwnChanges(deps, wanted, nights, counting('changes'));
  const calibration = await readCalibration(deps, run.generation, asOf, run.runId);
  const erasedOn = erased.find(id, 0, id.length)?.knownOn ?? Number.NEGATIVE_INFINITY;
  const known = changes.filter((change) => dayOf(change.asOf) >= erasedOn);
  const next = whatNext(customerOf(own), calibration, config);
  const today = { own, history, calibration, config, next };
  const { warningSince: since, episodeOn, alertedOn } = own;
  return {
    customerId,
    date: asOf,
    currency: own.currency,
    stage: own.scores.stage as Stage,
    scores: own.scores,
    today: todaySentences(today),
    next,
    segments: own.segments,
    heldOutOf: own.heldOutOf,
    warning: { points: pointsBySignal(today), since, episodeOn, alertedOn },
    plays: playsFor(own, config),
    timeline: timelineOf(history, known),
  };
}

/** @throws UsageError for a text that cannot be an id */
function idBytes(customerId: string): Uint8Array {
  const id = Buffer.from(customerId);
  if (id.length > 0 && id.length <= MAX_ID_BYTES) return id;
  throw new UsageError(`Customer id: ${id.length} bytes, expected 1 to ${MAX_ID_BYTES}. Correct the id.`);
}

/** Where a customer is looked for. */
interface Search {
  readonly deps: RunDeps;
  readonly chain: readonly RunRecord[];
  readonly run: RunRecord;
  readonly asOf: BusinessDate;
  readonly erased: CommittedErasures;
}

/**
 * The customer's scores; undefined for one who is not known at all.
 *
 * @throws UsageError for a customer who was erased, or comes later
 */
async function findStanding(wanted: Wanted, { deps, chain, run, asOf, erased }: Search): Promise<OwnScores | undefined> {
  const { id } = wanted;
  const name = Buffer.from(id).toString();
  const erasure = erased.find(id, 0, id.length);
  const own = erasure && erasure.knownOn > dayOf(asOf) ? undefined : await readOwnScores(deps, wanted, run, asOf);
  if (own) return own;
  if (erasure) {
    throw new UsageError(
      `Customer ${name}: erased on ${formatDay(erasure.knownOn)}, expected one of whom something is kept. Nothing can be told of this customer before that date.`,
    );
  }
  const head = chain[0] as RunRecord;
  if (head.to !== asOf && (await readOwnScores(deps, wanted, head, head.to))) {
    throw new UsageError(`Customer ${name}: not known yet on ${asOf}, expected a later date. Leave --date out for ${head.to}.`);
  }
  return undefined;
}

/** What is said of a customer without scores: of rows that wait until the customer becomes known by them, or that there are none. */
function unknownCustomer(name: string, asOf: BusinessDate, { transactions }: OwnHistory): UsageError {
  const waiting = transactions.flatMap(({ type, day, waits }) => {
    if (!waits) return [];
    const [on, until] = [formatDay(day), formatDay(waits.until)];
    return [`the ${type} of ${on} waits, ${reasonOf(waits.reason).en} (${waits.reason}), until ${until}`];
  });
  if (waiting.length > 0) {
    return new UsageError(
      `Customer ${name}: not known yet on ${asOf}, expected a transaction that was taken: ${waiting.join('; ')}. Deliver what is missing by then, and ask again after the next night.`,
    );
  }
  return new UsageError(
    `Customer ${name}: not known on ${asOf}, expected a customer_id as the drops write it. \`scores\` lists all; \`quarantine list\` shows the rows that were refused.`,
  );
}

/** Every committed night up to a date, ascending, with its run. */
function nightsUpTo(chain: readonly RunRecord[], asOf: BusinessDate): { run: RunRecord; date: BusinessDate }[] {
  return chain
    .toReversed()
    .flatMap((run) => datesBetween(run.from, run.to).map((date) => ({ run, date })))
    .filter(({ date }) => date <= asOf);
}

function customerOf({ scores }: OwnScores): Parameters<typeof whatNext>[0] {
  const { x, first_purchase_on: first, last_purchase_on: last } = scores;
  const dayOrZero = (date: ScoreRow[keyof ScoreRow]) => (date === null ? 0 : dayOf(date as BusinessDate));
  return {
    stage: scores.stage as Stage,
    nextChangeOn: scores.next_change_on as BusinessDate | null,
    facts: { purchaseDays: x === null ? 0 : (x as number) + 1, firstDay: dayOrZero(first), lastDay: dayOrZero(last) },
  };
}

function playsFor({ scores, segments, heldOutOf }: OwnScores, config: PerennialConfig): readonly SuggestedPlay[] {
  const stage = scores.stage as Stage;
  const plays = playsOf({
    stage,
    warningLevel: scores.warning_level as WarningLevel | null,
    silenceDays: scores.recency_days as number | null,
    longGoneDays: config.plays.longGoneDays,
  });
  // of a segment that the configuration of the date does not have nothing is suggested
  const named = (ids: readonly string[]): PlayedSegment[] =>
    config.segments
      .filter(({ id }) => ids.includes(id))
      .map(({ id, name, play, where }) => ({ id, name, play, stages: where.stage }));
  return suggestionsOf({ stage, plays }, named(segments), named(heldOutOf));
}
