import { FEEDS, type Feed } from '../keys.ts';
import { STAGE } from '../lifecycle/stage-columns.ts';
import { ALERT_MATURES_DAYS } from '../lifecycle/warning-step.ts';
import { type CalibrationFigures, type DateKpi, dateKpi, type FeedFigures } from '../report/date-kpi.ts';
import { type KpiPartial, mergeKpis } from '../report/kpi.ts';
import { addFigures, MATURED_DAYS, type ShardFigures, type ShardKpi, TRAILING_DAYS } from '../report/shard-figures.ts';
import { type BusinessDate, dayOf, formatDay } from '../time.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { epochAt } from './engine/count-returns.ts';
import type { Calibration, EpochBook } from './engine/epoch-record.ts';
import { readCalibration, readEpochBook } from './epoch-files.ts';
import { readKpiHistory } from './kpi-history.ts';
import { type NightSources, readNightSources } from './night-facts.ts';
import type { RunPlan } from './plan.ts';
import { datesOf, findReceipt } from './receipts.ts';
import { sumOf } from './sum.ts';

/** Sums of the shards of one date. */
interface DateSums {
  readonly nights: KpiPartial[];
  figures: ShardFigures;
}

/** The figures of every date of a run, in order, from the receipts of its shards and the figures of the dates before. */
export async function makeDateKpis(deps: RunDeps, plan: RunPlan, currency: string): Promise<DateKpi[]> {
  const sums = await addShards(deps, plan);
  const history = await readKpiHistory(deps, plan);
  const epochs = await readEpochBook(deps, plan.generation, plan.runId);
  const kpis: DateKpi[] = [];
  for (const date of datesOf(plan)) {
    const day = dayOf(date);
    const { nights, figures } = sums.get(day) as DateSums;
    const calibration = await readCalibration(deps, plan.generation, date, plan.runId);
    const sources = {
      calibration: calibrationFigures(calibration, epochs),
      feeds: feedFigures(await readNightSources(deps, plan, date)),
      earlier: {
        day: history.before(day, 1),
        week: history.before(day, 7),
        trailing: history.before(day, TRAILING_DAYS),
        matured: history.before(day, ALERT_MATURES_DAYS),
      },
    };
    const kpi = dateKpi(mergeKpis(date, currency, nights), figures, restatedIntoChurned(nights), sources);
    history.add(kpi);
    kpis.push(kpi);
  }
  return kpis;
}

/** One shard after another, so that what is held does not grow with their number. */
async function addShards(deps: RunDeps, plan: RunPlan): Promise<Map<number, DateSums>> {
  const sums = new Map<number, DateSums>();
  for (let shard = 0; shard < plan.shards; shard++) {
    const receipt = await findReceipt(deps, plan.runId, 'score-shard', itemKey('score-shard', { shard }));
    for (const { figures, ...night } of receipt?.kpis ?? []) addTo(sums, night, figures);
  }
  return sums;
}

function addTo(sums: Map<number, DateSums>, night: Omit<ShardKpi, 'figures'>, figures: ShardFigures): void {
  const sum = sums.get(night.day);
  if (!sum) {
    sums.set(night.day, { nights: [night], figures });
    return;
  }
  sum.nights.push(night);
  sum.figures = addFigures(sum.figures, figures);
}

const restatedIntoChurned = (nights: readonly KpiPartial[]) =>
  sumOf(nights, ({ restatements }) => sumOf(restatements, ([, to, n]) => (to === STAGE.churned ? n : 0)));

function calibrationFigures(calibration: Calibration, epochs: EpochBook): CalibrationFigures {
  const { date, epoch, candidate, baseline, movedRefusals } = calibration;
  const ofDate = candidate?.date === date ? candidate : null;
  return {
    epoch: epoch?.id ?? null,
    epochAgeDays: epoch && dayOf(date) - dayOf(epoch.date),
    baseline,
    candidate: ofDate && {
      id: ofDate.id,
      accepted: ofDate.accepted,
      reasons: ofDate.reasons,
      movedShare: ofDate.evidence.movedShare,
    },
    refusalsInRow: movedRefusals,
    matured: MATURED_DAYS.map((days) => {
      const day = dayOf(date) - days;
      return { asOf: formatDay(day) as BusinessDate, epoch: epochAt(epochs, day)?.id ?? null };
    }),
  };
}

function feedFigures(sources: NightSources): Partial<Record<Feed, FeedFigures>> {
  const of = (feed: Feed): FeedFigures => {
    const own = sources.filter((source) => source.feed === feed);
    return {
      files: own.length,
      rows: sumOf(own, ({ rows }) => rows),
      accepted: sumOf(own, ({ accepted }) => accepted),
      refused: sumOf(own, ({ malformed, policy }) => malformed + policy),
      late: sumOf(own, ({ facts }) => facts.late),
    };
  };
  return Object.fromEntries(FEEDS.map((feed) => [feed, of(feed)]));
}
