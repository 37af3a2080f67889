import { days, type Sentence } from './sentences.ts';

/** The dimensions of an RFM code. */
export type RfmDimension = 'recency' | 'frequency' | 'monetary';

/** A score with the cut points that it was made by. */
export interface RfmScore {
  /** 1..5 */
  readonly score: number;
  /** The value that was scored, as people read it: a date, a count, an amount with its currency. */
  readonly value: string;
  /** The four cut points in the same form: a value scores 1 and one more for each cut that it exceeds. Null when not known. */
  readonly cuts: readonly string[] | null;
  /** Days that frequency and monetary look back on; null for a lifetime. */
  readonly windowDays: number | null;
}

const WORDS: Readonly<Record<RfmDimension, Sentence & { readonly letter: string }>> = {
  recency: { letter: 'R', en: 'last purchase', zh: '最近购买' },
  frequency: { letter: 'F', en: 'purchase days', zh: '购买天数' },
  monetary: { letter: 'M', en: 'net value', zh: '净消费' },
};

/** The RFM segment with its code. @param segment its names @param code three digits, 1 to 5 each */
export const rfmSegmentSentence = (segment: Sentence, code: string): Sentence => ({
  en: `RFM segment ${segment.en}, code ${code}.`,
  zh: `RFM 分群「${segment.zh}」，代码 ${code}。`,
});

/** Why a dimension of the RFM code has its score: the value between the two cut points around it. */
export function rfmSentence(dimension: RfmDimension, { score, value, cuts, windowDays }: RfmScore): Sentence {
  const { letter, en, zh } = WORDS[dimension];
  const [above, upTo] = [cuts?.[score - 2], cuts?.[score - 1]];
  const range =
    above !== undefined && upTo !== undefined
      ? { en: `, above ${above} and up to ${upTo}`, zh: `，高于 ${above} 且不超过 ${upTo}` }
      : above !== undefined
        ? { en: `, above ${above}`, zh: `，高于 ${above}` }
        : upTo !== undefined
          ? { en: `, up to ${upTo}`, zh: `，不超过 ${upTo}` }
          : { en: '', zh: '' };
  const within =
    windowDays === null || dimension === 'recency'
      ? { en: '', zh: '' }
      : { en: ` of the last ${days(windowDays)}`, zh: `（近 ${windowDays} 天）` };
  const later = dimension === 'recency' ? dated(range) : range;
  return {
    en: `${letter} ${score}: ${en}${within.en} ${value}${later.en}.`,
    zh: `${letter} ${score}：${zh}${within.zh || ' '}${value}${later.zh}。`,
  };
}

/** Dates are after each other, not above. */
const dated = ({ en, zh }: Sentence): Sentence => ({
  en: en.replace('above', 'after'),
  zh: zh.replace('高于', '晚于').replace('不超过', '不晚于'),
});
