import type { Sentence } from './sentences.ts';
import type { WarningPoints } from './warning-points.ts';
import { WARNING_LEVELS_ZH, type WarningLevel } from './words.ts';

/** Names of the signals of the early warning. */
export const SIGNAL_WORDS: Readonly<Record<keyof WarningPoints, Sentence>> = {
  inactivity: { en: 'inactivity', zh: '沉默' },
  slowing: { en: 'slowing rhythm', zh: '购买变慢' },
  complaints: { en: 'complaints', zh: '投诉' },
  reviews: { en: 'bad reviews', zh: '差评' },
  refunds: { en: 'refunds', zh: '退款' },
};

/** What a warning had to do without. */
export const MISSING_SIGNALS = {
  model: { en: 'without inactivity, for no model is in force yet', zh: '尚无模型生效，未计沉默' },
  feed: { en: 'without complaints and bad reviews, for none are delivered', zh: '未收到互动数据，未计投诉与差评' },
  both: {
    en: 'without inactivity, for no model is in force yet, and without complaints and bad reviews, for none are delivered',
    zh: '尚无模型生效，未计沉默；未收到互动数据，未计投诉与差评',
  },
} as const satisfies Record<string, Sentence>;

const NOTHING: Sentence = { en: '', zh: '' };

/** Why a customer is warned of; dates are `YYYY-MM-DD`. */
export interface WarningFacts {
  readonly level: WarningLevel;
  readonly points: number;
  /** Points by signal; null when they cannot be told apart any more. */
  readonly bySignal: Readonly<WarningPoints> | null;
  /** Day on which the level was entered; null when it is not kept. */
  readonly since: string | null;
  /** Day of the last alert of the episode that goes on; null without one. */
  readonly alertedOn: string | null;
  /** What could not be heard of; null where every signal counts. */
  readonly missing: keyof typeof MISSING_SIGNALS | null;
}

/** The warning of a customer with its points by signal: `Level watch since 2025-08-04: 2 points (inactivity 2).` */
export function warningSentence({ level, points, bySignal, since, alertedOn, missing }: WarningFacts): Sentence {
  const from = since === null ? NOTHING : { en: ` since ${since}`, zh: `，自 ${since} 起` };
  const head =
    level === 'none'
      ? { en: 'No warning', zh: '无预警' }
      : { en: `Level ${level}${from.en}`, zh: `预警级别「${WARNING_LEVELS_ZH[level]}」${from.zh}` };
  const sum = { en: points === 1 ? '1 point' : `${points} points`, zh: `${points} 分` };
  const parts = signalsOf(bySignal);
  const alert = alertedOn === null ? NOTHING : { en: `, alert on ${alertedOn}`, zh: `，${alertedOn} 发出警报` };
  const without = missing === null ? NOTHING : { en: `; ${MISSING_SIGNALS[missing].en}`, zh: `；${MISSING_SIGNALS[missing].zh}` };
  return {
    en: `${head.en}: ${sum.en}${parts.en}${alert.en}${without.en}.`,
    zh: `${head.zh}：${sum.zh}${parts.zh}${alert.zh}${without.zh}。`,
  };
}

function signalsOf(bySignal: WarningFacts['bySignal']): Sentence {
  const told = (Object.keys(SIGNAL_WORDS) as (keyof WarningPoints)[]).flatMap((signal) => {
    const points = bySignal?.[signal] ?? 0;
    const { en, zh } = SIGNAL_WORDS[signal];
    return points > 0 ? [{ en: `${en} ${points}`, zh: `${zh} ${points}` }] : [];
  });
  if (told.length === 0) return NOTHING;
  return { en: ` (${told.map(({ en }) => en).join(', ')})`, zh: `（${told.map(({ zh }) => zh).join('、')}）` };
}

/** What of a customer's expected value the silence puts at risk. @param amount with its currency */
export const riskSentence = (amount: string): Sentence => ({
  en: `${amount} of expected value is at risk through the silence so far.`,
  zh: `因沉默，预期价值中有 ${amount} 面临流失风险。`,
});
