import { days, percent, type Sentence } from './sentences.ts';
import { type Reason, STAGES_ZH, type Stage } from './words.ts';

/** What the evidence of a stage change tells (docs/lifecycle.md, Reasons); null or missing where it does not apply. */
export interface ToldEvidence {
  readonly q?: number | null;
  readonly p90?: number | null;
  /** Silence over the own rhythm. */
  readonly z?: number | null;
  /** Silence, days. */
  readonly s?: number | null;
  /** Purchase days that count. */
  readonly n?: number | null;
  /** The own rhythm, days; older evidence does not hold it: then s / z. */
  readonly g?: number | null;
}

/** A stage change of one customer. */
export interface StageChange {
  /** Null for a first stage. */
  readonly from: Stage | null;
  readonly to: Stage;
  readonly kind: 'transition' | 'restated';
  readonly reason: Reason;
  readonly evidence: ToldEvidence;
}

/** Silence with what is usual: `silent for 61 days, 2.5 times the usual 24`. */
function silenceWords({ s, z, g }: ToldEvidence): Sentence {
  if (s === null || s === undefined) return { en: 'silent for long', zh: '长期未购买' };
  const gap = g ?? (z ? s / z : null);
  if (!z || gap === null) return { en: `silent for ${days(s)}`, zh: `已 ${s} 天未购买` };
  const [times, usual] = [z.toFixed(1), Math.max(1, Math.round(gap))];
  return {
    en: `silent for ${days(s)}, ${times} times the usual ${usual}`,
    zh: `已 ${s} 天未购买，为平常间隔 ${usual} 天的 ${times} 倍`,
  };
}

/** Silence with what is left of the chance to buy again. */
function goneWords(evidence: ToldEvidence): Sentence {
  const silence = silenceWords(evidence);
  if (evidence.p90 === null || evidence.p90 === undefined) return silence;
  const chance = percent(evidence.p90);
  return { en: `${silence.en}; ${chance} likely to buy again`, zh: `${silence.zh}；再次购买的可能性为 ${chance}` };
}

/** Why, by reason code. */
const WHY: Readonly<Record<Reason, (evidence: ToldEvidence) => Sentence>> = {
  FIRST_PURCHASE: () => ({ en: 'first purchase', zh: '首次购买' }),
  SECOND_PURCHASE: () => ({ en: 'second purchase day', zh: '第二个购买日' }),
  REACHED_LOYAL: ({ n }) =>
    n ? { en: `purchase day ${n}`, zh: `第 ${n} 个购买日` } : { en: 'bought often enough', zh: '购买次数已达标' },
  RHYTHM_BROKEN: silenceWords,
  LONG_SILENCE: goneWords,
  HARD_CAP: (evidence) => {
    const silence = silenceWords(evidence);
    return { en: `${silence.en}, the limit for everybody`, zh: `${silence.zh}，达到通用上限` };
  },
  CAME_BACK: () => ({ en: 'bought again after being gone', zh: '流失后再次购买' }),
  RECOVERED: () => ({ en: 'bought again', zh: '再次购买' }),
  REBUILT_AFTER_REFUND: () => ({ en: 'a void or a refund took a purchase day away', zh: '作废或退款取消了一个购买日' }),
  LATE_DATA: () => ({ en: 'a purchase of an earlier day became known', zh: '补录了更早日期的购买' }),
  RULES_CHANGED: () => ({ en: 'the thresholds of the stages were changed', zh: '阶段阈值已更改' }),
  EPOCH_CHANGED: (evidence) => {
    const silence = silenceWords(evidence);
    return { en: `a model came into force; ${silence.en}`, zh: `模型开始生效；${silence.zh}` };
  },
  ERASED: () => ({ en: 'erased', zh: '已删除' }),
  BECAME_KNOWN: () => ({ en: 'known, without a purchase that stands', zh: '已知客户，尚无有效购买' }),
};

/** A stage change with its reason: `growing → declining: silent for 61 days, 2.5 times the usual 24`. */
export function changeSentence({ from, to, kind, reason, evidence }: StageChange): Sentence {
  const why = WHY[reason](evidence);
  const step = {
    en: from === null ? `begins as ${to}` : `${from} → ${to}`,
    zh: from === null ? `进入「${STAGES_ZH[to]}」` : `「${STAGES_ZH[from]}」→「${STAGES_ZH[to]}」`,
  };
  const isRestated = kind === 'restated';
  return {
    en: `${isRestated ? 'Corrected' : 'Stage'}: ${step.en}: ${why.en}`,
    zh: `${isRestated ? '更正' : '阶段'}：${step.zh}：${why.zh}`,
  };
}
