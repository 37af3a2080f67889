import { STAGES_ZH, type Stage, TIERS_ZH, type Tier } from './words.ts';

/** The same sentence in English and in Chinese. */
export interface Sentence {
  readonly en: string;
  readonly zh: string;
}

/** A count of days in English: `1 day`, `24 days`. */
export const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

/** A share as whole percent; below one percent with a decimal, so that a small chance is not called none. @param share 0..1 */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 1 ? Math.max(value, 0.1).toFixed(1) : Math.round(value)} %`;
}

/** A stage in both languages, Chinese in the brackets of a name. */
const stageZh = (stage: Stage): string => `「${STAGES_ZH[stage]}」`;

/** What a customer's rhythm is told from; gaps and silence in days. */
export interface RhythmFacts {
  /** Purchase days that count, n. */
  readonly purchaseDays: number;
  /** Days since the last of them; null without one. */
  readonly silenceDays: number | null;
  /** The own rhythm g of docs/lifecycle.md, Reasons: own gaps and two of the cohort; null while the cohort's is not known. */
  readonly usualGapDays: number | null;
}

/** How often a customer buys, and since when not: `Usually buys every 24 days; silent for 61.` */
export function rhythmSentence({ purchaseDays, silenceDays, usualGapDays }: RhythmFacts): Sentence {
  if (purchaseDays === 0 || silenceDays === null) return { en: 'Has not bought anything that stands.', zh: '尚无有效购买。' };
  const gap = usualGapDays === null ? null : Math.max(1, Math.round(usualGapDays));
  const silence =
    silenceDays === 0
      ? { en: 'bought today', zh: '今天刚购买' }
      : { en: `silent for ${days(silenceDays)}`, zh: `已 ${silenceDays} 天未购买` };
  if (purchaseDays === 1) {
    const others =
      gap === null
        ? { en: '', zh: '' }
        : { en: `; others buy again after about ${days(gap)}`, zh: `；其他客户约 ${gap} 天后再次购买` };
    return { en: `Has bought on one day, ${silence.en}${others.en}.`, zh: `仅购买过一天，${silence.zh}${others.zh}。` };
  }
  if (gap === null)
    return { en: `Has bought on ${days(purchaseDays)}, ${silence.en}.`, zh: `共在 ${purchaseDays} 天购买，${silence.zh}。` };
  const silent = silenceDays === 0 ? silence.en : `silent for ${silenceDays}`;
  return { en: `Usually buys every ${days(gap)}, ${silent}.`, zh: `通常每 ${gap} 天购买一次，${silence.zh}。` };
}

/** Since when a customer is in a stage, and in which one before. Dates are `YYYY-MM-DD`. */
export function stageSentence({
  stage,
  since,
  previous,
}: {
  readonly stage: Stage;
  readonly since: string;
  readonly previous: Stage | null;
}): Sentence {
  const before = previous ? { en: `, ${previous} before`, zh: `，此前为${stageZh(previous)}` } : { en: '', zh: '' };
  return { en: `${capital(stage)} since ${since}${before.en}.`, zh: `自 ${since} 起为${stageZh(stage)}阶段${before.zh}。` };
}

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

/**
 * How likely a customer is to buy again, now and just after the last purchase.
 *
 * @param now, fresh p_return now and just after the last purchase, 0..1 @param q their ratio, 0..1 @param horizonDays within which
 */
export function returnSentence({
  now,
  fresh,
  q,
  horizonDays,
}: {
  readonly now: number;
  readonly fresh: number;
  readonly q: number;
  readonly horizonDays: number;
}): Sentence {
  return {
    en: `${percent(now)} likely to buy within ${days(horizonDays)}; ${percent(fresh)} just after the last purchase (q ${q.toFixed(2)}).`,
    zh: `${horizonDays} 天内再次购买的可能性为 ${percent(now)}；上次购买时为 ${percent(fresh)}（q ${q.toFixed(2)}）。`,
  };
}

/** How the spend of a future purchase was told (docs/data-contract.md, Scores). */
const SPEND: Readonly<Record<string, Sentence>> = {
  gamma_gamma: { en: 'the own spend, drawn towards that of all', zh: '按自身消费估算，并向总体均值修正' },
  population_mean: { en: 'the mean of all, for one purchase says little', zh: '取总体均值，因仅一次购买不足以判断' },
  cohort_mean: { en: 'the mean of all, for the spend model was refused', zh: '取总体均值，因消费模型未被采用' },
};

/**
 * What a customer is expected to bring.
 *
 * @param value, spend amounts with their currency @param method `clv_method` of the scores; of an unknown one nothing is said
 */
export function predictionSentence({
  value,
  purchases,
  spend,
  method,
  horizonDays,
}: {
  readonly value: string;
  readonly purchases: number;
  readonly spend: string;
  readonly method: string | null;
  readonly horizonDays: number;
}): Sentence {
  const how = SPEND[method ?? ''] ?? { en: '', zh: '' };
  return {
    en: `Expected to bring ${value} in the next ${days(horizonDays)}, discounted: ${purchases.toFixed(1)} purchase days of ${spend}${how.en && ` (${how.en})`}.`,
    zh: `预计未来 ${horizonDays} 天带来 ${value}（已贴现）：${purchases.toFixed(1)} 个购买日，每次 ${spend}${how.zh && `（${how.zh}）`}。`,
  };
}

/** What a customer has brought, and what with the prediction it comes to; amounts with their currency. */
export function totalSentence({ net, predicted, total }: { net: string; predicted: string | null; total: string }): Sentence {
  if (predicted === null) {
    return {
      en: `Total value ${total}: net so far; nothing is predicted yet.`,
      zh: `总价值 ${total}：截至目前的净额，尚无预测。`,
    };
  }
  return {
    en: `Total value ${total}: ${net} net so far and ${predicted} expected.`,
    zh: `总价值 ${total}：已实现净额 ${net}，预计 ${predicted}。`,
  };
}

/** Why a customer is in a tier: what the cuts alone would say, and what keeps another one. */
export interface TierFacts {
  readonly tier: Tier;
  readonly since: string;
  /** The tier by the plain cuts; null without cuts. */
  readonly plain: Tier | null;
  /** True for a negative net or total value. */
  readonly isNegative: boolean;
  /** Days for which a tier is kept, whatever the value. */
  readonly minNights: number;
  readonly nights: number;
  /** Total value, and what has to be exceeded for each tier that has a cut, with the currency. */
  readonly total: string;
  readonly cuts: readonly { readonly tier: Tier; readonly above: string }[];
}

/** The tier of a customer with its reason. */
export function tierSentence({ tier, since, plain, isNegative, minNights, nights, total, cuts }: TierFacts): Sentence {
  const tierZh = (of: Tier) => `「${TIERS_ZH[of]}」`;
  const head = { en: `Tier ${tier} since ${since}`, zh: `价值层级${tierZh(tier)}，自 ${since} 起` };
  if (isNegative && tier === 'low')
    return { en: `${head.en}: the net value is negative (NET_NEGATIVE).`, zh: `${head.zh}：净值为负（NET_NEGATIVE）。` };
  const listed = {
    en: cuts.map((cut) => `${cut.tier} above ${cut.above}`).join(', '),
    zh: cuts.map((cut) => `${tierZh(cut.tier)}须高于 ${cut.above}`).join('，'),
  };
  const by = listed.en === '' ? { en: '', zh: '' } : { en: ` (${listed.en})`, zh: `（${listed.zh}）` };
  if (plain === null || plain === tier) return { en: `${head.en}: ${total}${by.en}.`, zh: `${head.zh}：${total}${by.zh}。` };
  const kept =
    nights < minNights
      ? { en: `a tier is kept for ${days(minNights)}`, zh: `层级至少保留 ${minNights} 天` }
      : { en: 'the value is still within the band', zh: '价值仍在缓冲区间内' };
  return {
    en: `${head.en}: ${total} would be ${plain}${by.en}, but ${kept.en}.`,
    zh: `${head.zh}：${total} 本应为${tierZh(plain)}${by.zh}，但${kept.zh}。`,
  };
}

/** What comes without a purchase; dates are `YYYY-MM-DD`. @param then the step after it, where it is known */
export function nextChangeSentence(
  next: { readonly on: string; readonly to: Stage },
  then?: { on: string; to: Stage },
): Sentence {
  const after = then ? { en: `, ${then.to} on ${then.on}`, zh: `，再于 ${then.on} 变为${stageZh(then.to)}` } : { en: '', zh: '' };
  return {
    en: `If nothing is bought, ${next.to} on ${next.on}${after.en}.`,
    zh: `若不再购买，将于 ${next.on} 变为${stageZh(next.to)}${after.zh}。`,
  };
}

/** That silence changes nothing more. */
export function noChangeSentence(stage: Stage): Sentence {
  if (stage === 'prospect' || stage === 'churned')
    return { en: 'Only a purchase changes the stage.', zh: '只有购买才会改变阶段。' };
  return { en: 'No date of a change without a purchase is known.', zh: '若不购买，暂无已知的变化日期。' };
}

/** What the next purchase would do. @param purchaseDays n with it */
export function purchaseSentence(stage: Stage, to: Stage, purchaseDays: number): Sentence {
  if (purchaseDays === 1) return { en: `A first purchase makes the stage ${to}.`, zh: `首次购买将变为${stageZh(to)}。` };
  const nth = { en: `purchase day ${purchaseDays}`, zh: `第 ${purchaseDays} 个购买日` };
  if (to === stage)
    return { en: `A purchase (${nth.en}) keeps the stage ${stage}.`, zh: `再次购买（${nth.zh}）将保持${stageZh(stage)}。` };
  return { en: `A purchase (${nth.en}) makes the stage ${to}.`, zh: `再次购买（${nth.zh}）将变为${stageZh(to)}。` };
}

/** The lists of a customer by their names, and those that the customer is left out of to compare. One of them is not empty. */
export function segmentsSentence(segments: readonly Sentence[], heldOutOf: readonly Sentence[]): Sentence {
  const en = (names: readonly Sentence[]) => names.map((name) => name.en).join(', ');
  const zh = (names: readonly Sentence[]) => names.map((name) => `「${name.zh}」`).join('、');
  const parts = [
    ...(segments.length > 0 ? [{ en: `Lists: ${en(segments)}.`, zh: `所在名单：${zh(segments)}。` }] : []),
    ...(heldOutOf.length > 0
      ? [{ en: `Held out of ${en(heldOutOf)}, to compare.`, zh: `作为对照，未列入：${zh(heldOutOf)}。` }]
      : []),
  ];
  return { en: parts.map((part) => part.en).join(' '), zh: parts.map((part) => part.zh).join('') };
}
