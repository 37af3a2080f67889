import type { Sentence } from './sentences.ts';

/** A sale, a refund or a void, those of one day and kind together; dates are `YYYY-MM-DD`, amounts have their currency. */
export interface PurchaseEvent {
  readonly type: 'sale' | 'refund' | 'void';
  readonly count: number;
  /** Sum; null of voids, whose amount is not read. */
  readonly amount: string | null;
  /** Day of the purchase that a refund or a void belongs to; null where none is known. */
  readonly ofDay: string | null;
  /** True when all sales were voided later. */
  readonly isVoided: boolean;
  /** True when the day is no purchase day any more: refunds took all of it. */
  readonly isUndone: boolean;
  /** What still waits, and for what; null when nothing does. */
  readonly waits: { readonly reason: string; readonly amount: string | null } | null;
}

/** What a fact waits for, and why one was refused. */
const REASONS: Readonly<Record<string, Sentence>> = {
  FUTURE_EVENT: { en: 'its day lies ahead of its delivery', zh: '发生日期晚于数据送达日' },
  ORPHAN: { en: 'its original is not known', zh: '原交易未知' },
  EXCESS_REFUND: { en: 'its original has nothing left for it', zh: '原交易已无可退余额' },
  UNCOVERED_REFUND: { en: 'no day has enough net for it', zh: '没有净额足以抵扣的购买日' },
  MISSING_RATE: { en: 'no exchange rate is known', zh: '汇率未知' },
  CONFLICT: { en: 'its id came with another content', zh: '相同编号的内容不一致' },
  CURRENCY_MISMATCH: { en: 'its original is in another currency', zh: '与原交易币种不同' },
  AMOUNT_TOO_LARGE: { en: 'its amount is too large', zh: '金额过大' },
};

/** Why something waits or was refused, by its code. */
export const reasonOf = (code: string): Sentence => REASONS[code] ?? { en: code, zh: code };

/** A sale, refund or void in words: `Bought: 34.12 USD`. */
export function purchaseEventSentence(event: PurchaseEvent): Sentence {
  const told = toldOf(event);
  const notes = [
    ...(event.isVoided ? [{ en: 'voided later', zh: '后被作废' }] : []),
    ...(event.isUndone && !event.isVoided ? [{ en: 'refunded, no purchase day any more', zh: '已退款，不再计为购买日' }] : []),
    ...(event.waits ? [waitingOf(event.waits)] : []),
  ];
  return {
    en: [told.en, ...notes.map(({ en }) => en)].join('; '),
    zh: [told.zh, ...notes.map(({ zh }) => zh)].join('；'),
  };
}

function toldOf({ type, count, amount, ofDay }: PurchaseEvent): Sentence {
  if (type === 'sale') {
    const sales = count === 1 ? { en: '', zh: '' } : { en: `${count} sales, `, zh: `${count} 笔，共 ` };
    return { en: `Bought: ${sales.en}${amount}`, zh: `购买：${sales.zh}${amount}` };
  }
  if (type === 'refund') {
    const bought = ofDay === null ? { en: '', zh: '' } : { en: `, bought on ${ofDay}`, zh: `（${ofDay} 购买）` };
    return { en: `Refund: ${amount}${bought.en}`, zh: `退款：${amount}${bought.zh}` };
  }
  const of = ofDay === null ? { en: '', zh: '' } : { en: ` of ${ofDay}`, zh: `${ofDay} 的 ` };
  return { en: `Voided: ${count === 1 ? 'a sale' : `${count} sales`}${of.en}`, zh: `作废：${of.zh}${count} 笔销售` };
}

function waitingOf({ reason, amount }: NonNullable<PurchaseEvent['waits']>): Sentence {
  const { en, zh } = reasonOf(reason);
  return {
    en: `${amount === null ? '' : `${amount} `}not counted yet: ${en}`,
    zh: `${amount === null ? '' : `${amount} `}尚未计入：${zh}`,
  };
}

const INTERACTIONS: Readonly<Record<string, Sentence>> = {
  signup: { en: 'Signed up', zh: '注册' },
  visit: { en: 'Visited', zh: '访问' },
  inquiry: { en: 'Asked a question', zh: '咨询' },
  complaint: { en: 'Complained', zh: '投诉' },
  complaint_resolved: { en: 'A complaint was resolved', zh: '投诉已解决' },
  review: { en: 'Wrote a review', zh: '发表评价' },
  survey: { en: 'Answered a survey', zh: '填写问卷' },
  referral: { en: 'Recommended the shop', zh: '推荐他人' },
};

/** An interaction in words. @param score of a review or survey, null without one @param count of those of the same day and score */
export function interactionSentence(kind: string, score: number | null, count: number): Sentence {
  const { en, zh } = INTERACTIONS[kind] ?? { en: kind, zh: kind };
  const rated = score === null ? { en: '', zh: '' } : { en: `, score ${score}`, zh: `，评分 ${score}` };
  const times = count === 1 ? { en: '', zh: '' } : { en: `, ${count} times`, zh: `，${count} 次` };
  return { en: `${en}${rated.en}${times.en}`, zh: `${zh}${rated.zh}${times.zh}` };
}

/** Names of what can be refused beside interactions. */
const REFUSED: Readonly<Record<string, Sentence>> = {
  sale: { en: 'sale', zh: '销售' },
  refund: { en: 'refund', zh: '退款' },
  void: { en: 'void', zh: '作废' },
};

/** A row that was refused. @param what type of the transaction or kind of the interaction @param amount null where there is none */
export function refusalSentence(what: string, amount: string | null, rule: string): Sentence {
  const { en, zh } = REFUSED[what] ?? { en: what.replaceAll('_', ' '), zh: INTERACTIONS[what]?.zh ?? what };
  const sum = amount === null ? { en: '', zh: '' } : { en: ` of ${amount}`, zh: ` ${amount}` };
  const why = reasonOf(rule);
  return { en: `Refused: ${en}${sum.en}, ${why.en} (${rule})`, zh: `未采纳：${zh}${sum.zh}，${why.zh}（${rule}）` };
}

/** A sentence of something that became known later than it happened. @param knownOn `YYYY-MM-DD` */
export const knownLater = ({ en, zh }: Sentence, knownOn: string): Sentence => ({
  en: `${en} (known on ${knownOn})`,
  zh: `${zh}（${knownOn} 才获知）`,
});
