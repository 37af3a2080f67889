import { summariseEpoch } from '../../lib/book/epoch-rows.ts';
import { murmur128 } from '../../lib/ledger/id-hash.ts';
import type { EpochPopulation } from '../../lib/run/engine/epoch-population.ts';
import type { Calibration, EpochRecord } from '../../lib/run/engine/epoch-record.ts';
import { type BusinessDate, formatDay } from '../../lib/time.ts';
import { sale, type TestFact } from './facts.ts';
import { TestShard } from './shard.ts';

/** An accepted epoch of a day. */
export function epochOf(day: number, changes: Partial<EpochRecord> = {}): EpochRecord {
  const date = formatDay(day);
  return {
    id: `mbg-nbd@${date}`,
    date,
    model: 'mbg-nbd',
    params: { r: 0.8, alpha: 40, a: 0.8, b: 2 },
    spend: { p: 6, q: 4, v: 15 },
    cohortMeanMinor: 2500,
    medianGapDays: 20,
    accepted: true,
    reasons: [],
    evidence: {
      customers: 0,
      repeatCustomers: 0,
      cells: 0,
      historyDays: 0,
      logLikelihood: null,
      iterations: 0,
      standardErrors: null,
      intervals: {},
      warnings: [],
      returnError: null,
      returnErrorInForce: null,
      movedShare: null,
      holdout: null,
      holdoutReasons: ['NO_CUSTOMERS'],
      spend: {
        customers: 0,
        cells: 0,
        leftOut: 0,
        farBelow: 0,
        logLikelihood: null,
        iterations: 0,
        standardErrors: null,
        intervals: {},
        pearson: null,
        spearman: null,
        verdict: null,
        reasons: [],
        warnings: [],
      },
    },
    ...changes,
  };
}

/** A calibration of a day, nothing in force but what is given. */
export function calibrationOf(day: number, changes: Partial<Calibration> = {}): Calibration {
  return {
    date: formatDay(day) as BusinessDate,
    epoch: null,
    rfmCuts: null,
    rfmCutsDate: null,
    tierCuts: null,
    tierCutsDate: null,
    baseline: null,
    candidate: null,
    movedRefusals: 0,
    ...changes,
  };
}

/** A seeded source of uniform numbers in (0, 1). */
function uniform(seed: number): () => number {
  const words = new Uint32Array(4);
  const count = new Uint8Array(4);
  let next = 0;
  return () => {
    new DataView(count.buffer).setUint32(0, next++);
    murmur128(count, 0, 4, seed, words);
    return ((words[0] as number) + 0.5) / 4_294_967_296;
  };
}

/** Buyers of the last `historyDays` before `day`: different rates, spends and chances to stop after a purchase. */
export function drawBuyers(day: number, customers: number, historyDays: number, seed = 5): EpochPopulation {
  const random = uniform(seed);
  const facts: TestFact[] = [];
  for (let i = 0; i < customers; i++) {
    let at = day - Math.floor(random() * historyDays);
    const meanGap = -15 / Math.log(1 - 0.95 * random());
    const dropOut = random() ** 2;
    const spend = 1000 + 6000 * random();
    while (at <= day) {
      facts.push(sale(`t${facts.length}`, `c${i}`, at, Math.ceil(spend * (0.4 + random()))));
      if (random() < dropOut) break;
      at += 1 + Math.floor(-Math.log(random()) * meanGap);
    }
  }
  const shard = new TestShard();
  shard.fold(day, facts);
  const { rows, columns, gaps } = summariseEpoch(shard.book, day, 90);
  return { parts: [{ rows, columns }], gaps };
}
