import type { PerennialConfig } from '../../config/config.ts';
import { ownGapDays } from '../../lifecycle/own-gap.ts';
import { type RfmDimension, rfmSegmentSentence, rfmSentence } from '../../lifecycle/rfm-sentences.ts';
import {
  nextChangeSentence,
  noChangeSentence,
  predictionSentence,
  purchaseSentence,
  returnSentence,
  rhythmSentence,
  type Sentence,
  segmentsSentence,
  stageSentence,
  tierSentence,
  totalSentence,
} from '../../lifecycle/sentences.ts';
import { plainTier, rankedValueMinor, tierReason } from '../../lifecycle/tier-step.ts';
import { totalPoints, type WarningPoints } from '../../lifecycle/warning-points.ts';
import { riskSentence, warningSentence } from '../../lifecycle/warning-sentences.ts';
import { type Stage, TIERS, type Tier, type WarningLevel } from '../../lifecycle/words.ts';
import { rfmSegments } from '../../rfm/segment-map.ts';
import { type BusinessDate, dayOf } from '../../time.ts';
import { type Calibration, predictorOf } from '../engine/epoch-record.ts';
import { WarningSignals } from '../engine/warning-signals.ts';
import { missingSignals } from '../missing-signals.ts';
import type { WhatNext } from './next.ts';
import type { OwnHistory } from './own-history.ts';
import type { OwnScores, ScoreRow } from './own-scores.ts';
import { moneyText } from './timeline.ts';

/** What a sentence about today is on. */
export type Topic = 'stage' | 'rhythm' | 'return' | 'value' | 'tier' | 'rfm' | 'warning' | 'segments' | 'next';

/** A number of today with the sentence behind it. */
export interface TodaySentence extends Sentence {
  readonly topic: Topic;
}

/** What the sentences of today are made from. */
export interface Today {
  readonly own: OwnScores;
  readonly history: OwnHistory;
  readonly calibration: Calibration;
  readonly config: PerennialConfig;
  readonly next: WhatNext;
}

/** Points of the early warning by signal; null where they cannot be told: no warning, or another total than the scores have. */
export function pointsBySignal({ own, history, calibration, config }: Omit<Today, 'next'>): WarningPoints | null {
  const total = own.scores.warning_points;
  if (total === null || history.slot < 0) return null;
  const { epoch, date } = calibration;
  const night = {
    day: dayOf(date),
    rules: config.warning,
    medianGapDays: epoch?.medianGapDays ?? null,
  };
  const rhythm = epoch && predictorOf(epoch, config);
  const points = { ...new WarningSignals(history.book, night).pointsUnder(rhythm, history.slot) };
  return totalPoints(points) === total ? points : null;
}

/** The numbers of a customer, each with its sentence, in the order in which a person asks for them. */
export function todaySentences(today: Today): TodaySentence[] {
  const { scores } = today.own;
  const stage = scores.stage as Stage;
  const on = (topic: Topic, sentences: readonly Sentence[]): TodaySentence[] =>
    sentences.map((sentence) => ({ topic, ...sentence }));
  return [
    ...on('stage', [
      stageSentence({ stage, since: scores.stage_since as string, previous: scores.previous_stage as Stage | null }),
    ]),
    ...on('rhythm', [rhythmSentence(rhythmOf(scores, today.calibration))]),
    ...on('return', returns(today)),
    ...on('value', values(today)),
    ...on('tier', tiers(today)),
    ...on('rfm', rfm(today)),
    ...on('warning', warnings(today)),
    ...on('segments', segments(today)),
    ...on('next', nexts(stage, today.next)),
  ];
}

function rhythmOf({ x, t_x_days, recency_days }: ScoreRow, { epoch }: Calibration): Parameters<typeof rhythmSentence>[0] {
  if (x === null) return { purchaseDays: 0, silenceDays: null, usualGapDays: null };
  const purchaseDays = (x as number) + 1;
  const usualGapDays = epoch?.medianGapDays ? ownGapDays(purchaseDays, t_x_days as number, epoch.medianGapDays) : null;
  return { purchaseDays, silenceDays: recency_days as number, usualGapDays };
}

function returns({ own: { scores }, calibration: { epoch }, config }: Today): Sentence[] {
  if (scores.p_return === null || !epoch) return [];
  const [x, tx] = [scores.x as number, scores.t_x_days as number];
  const fresh = predictorOf(epoch, config).pReturn(x, tx, tx);
  const horizonDays = config.stages.returnHorizonDays;
  return [returnSentence({ now: scores.p_return as number, fresh, q: scores.q as number, horizonDays })];
}

/** Net historic: `monetary_minor` may be that of a window, the total never is. */
const netOf = ({ total_clv_minor, clv_minor }: ScoreRow): number =>
  (total_clv_minor as number) - ((clv_minor as number | null) ?? 0);

function values({ own: { scores, currency }, config }: Today): Sentence[] {
  if (scores.total_clv_minor === null) return [];
  const money = (minor: number) => moneyText(minor, currency);
  const predicted = scores.clv_minor as number | null;
  const total = totalSentence({
    net: money(netOf(scores)),
    predicted: predicted === null ? null : money(predicted),
    total: money(scores.total_clv_minor as number),
  });
  if (predicted === null) return [total];
  const prediction = predictionSentence({
    value: money(predicted),
    purchases: scores.expected_purchases as number,
    spend: money(scores.expected_spend_minor as number),
    method: scores.clv_method as string | null,
    horizonDays: config.clv.horizonDays,
  });
  return [prediction, total];
}

function tiers({ own: { scores, currency }, calibration: { date, tierCuts }, config }: Today): Sentence[] {
  if (scores.tier === null || !tierCuts) return [];
  const tier = scores.tier as Tier;
  const since = scores.tier_since as BusinessDate;
  const [netMinor, totalMinor] = [netOf(scores), scores.total_clv_minor as number];
  const cuts = ([...TIERS].reverse() as Tier[]).flatMap((name) => {
    const cut = name === 'low' ? undefined : tierCuts[name];
    return cut ? [{ tier: name, above: moneyText(cut.cut, currency) }] : [];
  });
  return [
    tierSentence({
      tier,
      since,
      plain: TIERS[plainTier(rankedValueMinor(netMinor, totalMinor), tierCuts)] as Tier,
      isNegative: tierReason({ tier, netMinor, totalMinor }) === 'NET_NEGATIVE',
      minNights: config.tiers.minNights,
      nights: dayOf(date) - dayOf(since),
      total: moneyText(totalMinor, currency),
      cuts,
    }),
  ];
}

function rfm({ own: { scores, currency }, calibration: { rfmCuts }, config }: Today): Sentence[] {
  if (scores.r === null) return [];
  const segment = scores.rfm_segment as string;
  const { names, zh } = rfmSegments(config.rfm.segmentMap);
  const money = (minor: number) => moneyText(minor, currency);
  const code = `${scores.r}${scores.f}${scores.m}`;
  const parts: [RfmDimension, number, string, readonly string[] | undefined][] = [
    ['recency', scores.r as number, scores.last_purchase_on as string, rfmCuts?.recency],
    ['frequency', scores.f as number, String(scores.frequency), rfmCuts?.frequency.map(String)],
    ['monetary', scores.m as number, money(scores.monetary_minor as number), rfmCuts?.monetary.map(money)],
  ];
  return [
    rfmSegmentSentence({ en: segment, zh: zh[names.indexOf(segment)] ?? segment }, code),
    ...parts.map(([dimension, score, value, cuts]) =>
      rfmSentence(dimension, { score, value, cuts: cuts ?? null, windowDays: config.rfm.windowDays }),
    ),
  ];
}

function warnings(today: Today): Sentence[] {
  const { scores, currency, warningSince, episodeOn, alertedOn } = today.own;
  if (scores.warning_level === null) return [];
  const sentence = warningSentence({
    level: scores.warning_level as WarningLevel,
    points: scores.warning_points as number,
    bySignal: pointsBySignal(today),
    since: warningSince,
    alertedOn: episodeOn && alertedOn,
    missing: scores.signals === 'partial' ? missingSignals(today.calibration) : null,
  });
  const risk = scores.value_at_risk_minor as number | null;
  const isWarned = scores.warning_level !== 'none';
  return isWarned && risk !== null && risk > 0 ? [sentence, riskSentence(moneyText(risk, currency))] : [sentence];
}

/** Names of the segments; of one that the configuration of the date does not have, the id. */
function segments({ own: { segments: ids, heldOutOf }, config }: Today): Sentence[] {
  if (ids.length + heldOutOf.length === 0) return [];
  const nameOf = (id: string) => config.segments.find((segment) => segment.id === id)?.name ?? { en: id, zh: id };
  return [segmentsSentence(ids.map(nameOf), heldOutOf.map(nameOf))];
}

function nexts(stage: Stage, { without, after, withPurchase }: WhatNext): Sentence[] {
  const change = without ? nextChangeSentence(without, after ?? undefined) : noChangeSentence(stage);
  return [change, purchaseSentence(stage, withPurchase.to, withPurchase.purchaseDays)];
}
