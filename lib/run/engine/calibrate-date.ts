import { clvMinor, expectedSpendMinor } from '../../clv/predict/customer-value.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { hashJson } from '../../config/load.ts';
import { tierCuts } from '../../lifecycle/tier-step.ts';
import { cutPoints } from '../../rfm/cut-points.ts';
import { type BusinessDate, dayOf, formatDay, weekdayOf } from '../../time.ts';
import { type BuyerColumns, type EpochPopulation, sortedValues } from './epoch-population.ts';
import {
  type Calibration,
  type EpochBook,
  type EpochRecord,
  predictorOf,
  type RegimeChange,
  type RfmCuts,
  spendRuleOf,
} from './epoch-record.ts';
import { judgeCandidate } from './judge-candidate.ts';

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** True on the dates on which an epoch may begin: the configured weekday, and the first date with data. */
export function isEpochDate(date: BusinessDate, firstDataDate: BusinessDate | null, config: PerennialConfig): boolean {
  return date === firstDataDate || weekdayOf(dayOf(date)) === WEEKDAYS.indexOf(config.epochs.weekday);
}

/** True on the dates for which calibration needs the buyers' rows. */
export function needsPopulation(date: BusinessDate, firstDataDate: BusinessDate | null, config: PerennialConfig): boolean {
  return config.rfm.cutPolicy === 'nightly' || isEpochDate(date, firstDataDate, config);
}

/**
 * Calibrates one date: the epoch and the cut points in force, from those of the night before and, on an epoch date, the buyers.
 *
 * @param before calibration of the night before; undefined on the first
 * @param book what was in force so far; a change is appended
 * @param population the buyers, where `needsPopulation`
 */
export function calibrateDate(
  date: BusinessDate,
  before: Calibration | undefined,
  book: EpochBook,
  population: EpochPopulation | undefined,
  config: PerennialConfig,
): { calibration: Calibration; book: EpochBook } {
  const changes = [...book.changes];
  const last = changes.at(-1);
  let current: Calibration = before
    ? { ...before, date, baseline: null }
    : {
        date,
        epoch: null,
        rfmCuts: null,
        rfmCutsDate: null,
        tierCuts: null,
        tierCutsDate: null,
        baseline: null,
        candidate: null,
        movedRefusals: 0,
      };
  let change: RegimeChange | undefined;
  if (!last) change = { date, epoch: null, baseline: null, rules: config.stages };
  else if (hashJson(last.rules) !== hashJson(config.stages)) {
    change = { date, epoch: current.epoch, baseline: 'RULES_CHANGED', rules: config.stages };
  }
  if (population && book.firstDataDate && isEpochDate(date, book.firstDataDate, config)) {
    const { candidate, movedRefusals, taken } = judgeCandidate(date, population, before, book.firstDataDate, config);
    current = { ...current, candidate, movedRefusals };
    if (taken !== 'no') {
      current = { ...current, epoch: candidate };
      const baseline = taken === 'as baseline' ? 'EPOCH_CHANGED' : (change?.baseline ?? null);
      change = { date, epoch: candidate, baseline, rules: config.stages };
    }
    const tiers = tierCuts(totalValues(population, current.epoch, config), config.tiers);
    if (tiers) current = { ...current, tierCuts: tiers, tierCutsDate: date };
  }
  if (config.rfm.cutPolicy === 'fixed') current = { ...current, ...fixedCutsOf(config) };
  else if (population) {
    const cuts = rfmCutsOf(population, dayOf(date));
    if (cuts) current = { ...current, rfmCuts: cuts, rfmCutsDate: date };
  }
  if (change) changes.push(change);
  return {
    calibration: { ...current, baseline: change?.baseline ?? null },
    book: { firstDataDate: book.firstDataDate, changes },
  };
}

/** The cut points of policy `fixed`, in place of any others. */
function fixedCutsOf(config: PerennialConfig): Pick<Calibration, 'rfmCuts' | 'rfmCutsDate'> | undefined {
  if (!config.rfm.cuts) return undefined;
  const { recency, frequency, monetaryMinor } = config.rfm.cuts;
  return { rfmCuts: { recency: recency as BusinessDate[], frequency, monetary: monetaryMinor }, rfmCutsDate: null };
}

function rfmCutsOf(population: EpochPopulation, day: number): RfmCuts | undefined {
  const lastDay = (c: BuyerColumns, row: number) => day - (c.tenure_days[row] as number) + (c.t_x_days[row] as number);
  const recency = cutPoints(sortedValues(population, lastDay));
  const frequency = cutPoints(sortedValues(population, (c, row) => c.frequency?.[row] ?? (c.x[row] as number) + 1));
  const monetary = cutPoints(sortedValues(population, (c, row) => (c.monetary_minor ?? c.net_minor)[row] as number));
  if (!recency || !frequency || !monetary) return undefined;
  return { recency: recency.map(formatDay), frequency, monetary };
}

/** Total value of every buyer, minor units, ascending: net historic, plus the predicted value once a model is in force. */
function totalValues(population: EpochPopulation, epoch: EpochRecord | null, config: PerennialConfig): Float64Array {
  if (!epoch) return sortedValues(population, (c, row) => c.net_minor[row] as number);
  const predictor = predictorOf(epoch, config);
  const spend = spendRuleOf(epoch, config.currency);
  return sortedValues(population, (c, row) => {
    const x = c.x[row] as number;
    const purchases = predictor.discounted(x, c.t_x_days[row] as number, c.tenure_days[row] as number);
    const spendMinor = expectedSpendMinor(spend, x, c.repeat_net_minor[row] as number);
    return (c.net_minor[row] as number) + clvMinor(purchases, spendMinor, config.clv.marginRatio);
  });
}
