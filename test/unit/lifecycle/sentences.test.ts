import { describe, expect, it } from 'vitest';
import { changeSentence } from '../../../lib/lifecycle/change-sentences.ts';
import {
  interactionSentence,
  knownLater,
  type PurchaseEvent,
  purchaseEventSentence,
  refusalSentence,
} from '../../../lib/lifecycle/event-sentences.ts';
import { rfmSentence } from '../../../lib/lifecycle/rfm-sentences.ts';
import {
  days,
  nextChangeSentence,
  noChangeSentence,
  percent,
  predictionSentence,
  purchaseSentence,
  returnSentence,
  rhythmSentence,
  type Sentence,
  segmentsSentence,
  stageSentence,
  tierSentence,
  totalSentence,
} from '../../../lib/lifecycle/sentences.ts';
import { noPoints } from '../../../lib/lifecycle/warning-points.ts';
import { riskSentence, warningSentence } from '../../../lib/lifecycle/warning-sentences.ts';
import { REASONS } from '../../../lib/lifecycle/words.ts';

const both = ({ en, zh }: Sentence) => [en, zh];

describe('percent and days', () => {
  it('never call a small chance none, nor one day days', () => {
    expect([0, 0.0001, 0.004, 0.0099, 0.256, 1].map(percent)).toEqual(['0 %', '0.1 %', '0.4 %', '1.0 %', '26 %', '100 %']);
    expect([0, 1, 2].map(days)).toEqual(['0 days', '1 day', '2 days']);
  });
});

describe('rhythmSentence', () => {
  it.each([
    [4, 61, 24.4, 'Usually buys every 24 days, silent for 61.', '通常每 24 天购买一次，已 61 天未购买。'],
    [9, 0, 0.3, 'Usually buys every 1 day, bought today.', '通常每 1 天购买一次，今天刚购买。'],
    [
      1,
      219,
      33,
      'Has bought on one day, silent for 219 days; others buy again after about 33 days.',
      '仅购买过一天，已 219 天未购买；其他客户约 33 天后再次购买。',
    ],
    [1, 1, null, 'Has bought on one day, silent for 1 day.', '仅购买过一天，已 1 天未购买。'],
    [3, 12, null, 'Has bought on 3 days, silent for 12 days.', '共在 3 天购买，已 12 天未购买。'],
    [0, null, 24, 'Has not bought anything that stands.', '尚无有效购买。'],
  ])('tells %d purchase days, %s days of silence, a usual gap of %s', (purchaseDays, silenceDays, usualGapDays, en, zh) => {
    expect(rhythmSentence({ purchaseDays, silenceDays, usualGapDays })).toEqual({ en, zh });
  });
});

describe('the sentences of a stage and what comes next', () => {
  it('name dates, stages and what they were before', () => {
    expect(both(stageSentence({ stage: 'declining', since: '2025-08-06', previous: 'growing' }))).toEqual([
      'Declining since 2025-08-06, growing before.',
      '自 2025-08-06 起为「衰退」阶段，此前为「成长」。',
    ]);
    expect(both(stageSentence({ stage: 'new', since: '2025-08-06', previous: null }))).toEqual([
      'New since 2025-08-06.',
      '自 2025-08-06 起为「新」阶段。',
    ]);
    expect(both(nextChangeSentence({ on: '2025-09-02', to: 'declining' }, { on: '2026-01-01', to: 'churned' }))).toEqual([
      'If nothing is bought, declining on 2025-09-02, churned on 2026-01-01.',
      '若不再购买，将于 2025-09-02 变为「衰退」，再于 2026-01-01 变为「流失」。',
    ]);
    expect(nextChangeSentence({ on: '2026-01-01', to: 'churned' }).en).toBe('If nothing is bought, churned on 2026-01-01.');
    expect(noChangeSentence('churned')).toEqual(noChangeSentence('prospect'));
    expect(noChangeSentence('loyal').en).toBe('No date of a change without a purchase is known.');
    expect(both(purchaseSentence('declining', 'loyal', 4))).toEqual([
      'A purchase (purchase day 4) makes the stage loyal.',
      '再次购买（第 4 个购买日）将变为「忠诚」。',
    ]);
    expect(purchaseSentence('loyal', 'loyal', 9).en).toBe('A purchase (purchase day 9) keeps the stage loyal.');
    expect(both(purchaseSentence('prospect', 'new', 1))).toEqual([
      'A first purchase makes the stage new.',
      '首次购买将变为「新」。',
    ]);
  });
});

describe('the sentences of value', () => {
  it('say how a prediction was made, and leave out what is not known', () => {
    expect(both(returnSentence({ now: 0.29, fresh: 0.594, q: 0.488, horizonDays: 90 }))).toEqual([
      '29 % likely to buy within 90 days; 59 % just after the last purchase (q 0.49).',
      '90 天内再次购买的可能性为 29 %；上次购买时为 59 %（q 0.49）。',
    ]);
    const predicted = { value: '42.34 USD', purchases: 1.54, spend: '29.19 USD', horizonDays: 365 };
    expect(predictionSentence({ ...predicted, method: 'cohort_mean' }).en).toBe(
      'Expected to bring 42.34 USD in the next 365 days, discounted: 1.5 purchase days of 29.19 USD (the mean of all, for the spend model was refused).',
    );
    for (const method of [null, 'a method of a later version']) {
      expect(both(predictionSentence({ ...predicted, method }))).toEqual([
        'Expected to bring 42.34 USD in the next 365 days, discounted: 1.5 purchase days of 29.19 USD.',
        '预计未来 365 天带来 42.34 USD（已贴现）：1.5 个购买日，每次 29.19 USD。',
      ]);
    }
    expect(totalSentence({ net: '1', predicted: '2', total: '3' }).en).toBe('Total value 3: 1 net so far and 2 expected.');
    expect(totalSentence({ net: '1', predicted: null, total: '1' }).zh).toBe('总价值 1：截至目前的净额，尚无预测。');
  });

  it('say why a tier is another one than the value alone would give', () => {
    const facts = {
      tier: 'mid',
      since: '2025-01-01',
      plain: 'high',
      isNegative: false,
      minNights: 28,
      nights: 3,
      total: '9',
    } as const;
    const cuts = [{ tier: 'high', above: '8' }] as const;
    expect(both(tierSentence({ ...facts, cuts }))).toEqual([
      'Tier mid since 2025-01-01: 9 would be high (high above 8), but a tier is kept for 28 days.',
      '价值层级「中」，自 2025-01-01 起：9 本应为「高」（「高」须高于 8），但层级至少保留 28 天。',
    ]);
    expect(tierSentence({ ...facts, cuts, nights: 28 }).en).toContain('but the value is still within the band.');
    expect(tierSentence({ ...facts, plain: 'mid', cuts: [] }).en).toBe('Tier mid since 2025-01-01: 9.');
    expect(tierSentence({ ...facts, plain: null, cuts: [] }).zh).toBe('价值层级「中」，自 2025-01-01 起：9。');
    expect(both(tierSentence({ ...facts, tier: 'low', isNegative: true, cuts }))).toEqual([
      'Tier low since 2025-01-01: the net value is negative (NET_NEGATIVE).',
      '价值层级「低」，自 2025-01-01 起：净值为负（NET_NEGATIVE）。',
    ]);
  });

  it('put an RFM score between its cut points', () => {
    const cuts = ['10', '20', '30', '40'];
    const scored = (score: number) => rfmSentence('frequency', { score, value: '15', cuts, windowDays: null }).en;
    expect([1, 2, 5].map(scored)).toEqual([
      'F 1: purchase days 15, up to 10.',
      'F 2: purchase days 15, above 10 and up to 20.',
      'F 5: purchase days 15, above 40.',
    ]);
    expect(both(rfmSentence('monetary', { score: 1, value: '2', cuts: null, windowDays: 365 }))).toEqual([
      'M 1: net value of the last 365 days 2.',
      'M 1：净消费（近 365 天）2。',
    ]);
    const dates = ['2025-01-01', '2025-02-01', '2025-03-01', '2025-04-01'];
    expect(both(rfmSentence('recency', { score: 3, value: '2025-02-14', cuts: dates, windowDays: 365 }))).toEqual([
      'R 3: last purchase 2025-02-14, after 2025-02-01 and up to 2025-03-01.',
      'R 3：最近购买 2025-02-14，晚于 2025-02-01 且不晚于 2025-03-01。',
    ]);
    expect(rfmSentence('monetary', { score: 4, value: '7.00 USD', cuts: null, windowDays: null }).en).toBe(
      'M 4: net value 7.00 USD.',
    );
  });
});

describe('segmentsSentence', () => {
  it('tells lists, and those that a customer is left out of to compare', () => {
    const [vip, lost] = [
      { en: 'Best', zh: '最佳' },
      { en: 'Lost', zh: '流失' },
    ];
    expect(both(segmentsSentence([vip, lost], []))).toEqual(['Lists: Best, Lost.', '所在名单：「最佳」、「流失」。']);
    expect(both(segmentsSentence([vip], [lost]))).toEqual([
      'Lists: Best. Held out of Lost, to compare.',
      '所在名单：「最佳」。作为对照，未列入：「流失」。',
    ]);
    expect(segmentsSentence([], [lost]).en).toBe('Held out of Lost, to compare.');
  });
});

describe('warningSentence', () => {
  const facts = { level: 'critical', points: 6, since: '2025-08-01', alertedOn: '2025-08-02', missing: null } as const;

  it('tells level, points by signal, alert and what is missing', () => {
    const bySignal = { ...noPoints(), inactivity: 3, complaints: 2, reviews: 1 };
    expect(both(warningSentence({ ...facts, bySignal }))).toEqual([
      'Level critical since 2025-08-01: 6 points (inactivity 3, complaints 2, bad reviews 1), alert on 2025-08-02.',
      '预警级别「紧急」，自 2025-08-01 起：6 分（沉默 3、投诉 2、差评 1），2025-08-02 发出警报。',
    ]);
    const quiet = { level: 'none', points: 1, since: null, alertedOn: null, bySignal: null } as const;
    expect(warningSentence({ ...quiet, missing: 'both' }).zh).toBe(
      '无预警：1 分；尚无模型生效，未计沉默；未收到互动数据，未计投诉与差评。',
    );
    expect(both(warningSentence({ ...quiet, missing: 'feed' }))).toEqual([
      'No warning: 1 point; without complaints and bad reviews, for none are delivered.',
      '无预警：1 分；未收到互动数据，未计投诉与差评。',
    ]);
    expect(warningSentence({ ...quiet, missing: 'model' }).en).toContain('for no model is in force yet');
    expect(warningSentence({ ...facts, since: null, bySignal: noPoints() }).en).toBe(
      'Level critical: 6 points, alert on 2025-08-02.',
    );
    expect(riskSentence('5.00 USD').en).toBe('5.00 USD of expected value is at risk through the silence so far.');
  });
});

describe('changeSentence', () => {
  const change = { from: 'growing', to: 'declining', kind: 'transition', reason: 'RHYTHM_BROKEN' } as const;

  it('tells a change with the silence behind it', () => {
    const evidence = { q: 0.49, p90: 0.3, z: 2.5, s: 61, n: 3, g: 24.4 };
    expect(both(changeSentence({ ...change, evidence }))).toEqual([
      'Stage: growing → declining: silent for 61 days, 2.5 times the usual 24',
      '阶段：「成长」→「衰退」：已 61 天未购买，为平常间隔 24 天的 2.5 倍',
    ]);
    // evidence of before the rhythm was written
    const { g, ...older } = evidence;
    expect(changeSentence({ ...change, evidence: older }).en).toContain(`times the usual ${Math.round(g)}`);
    expect(changeSentence({ ...change, evidence: { s: 200, z: null } }).en).toBe(
      'Stage: growing → declining: silent for 200 days',
    );
    expect(changeSentence({ ...change, evidence: {} }).en).toBe('Stage: growing → declining: silent for long');
    const gone = { ...change, from: 'declining', to: 'churned', reason: 'LONG_SILENCE' } as const;
    expect(changeSentence({ ...gone, evidence }).en).toMatch(/the usual 24; 30 % likely to buy again$/);
    expect(changeSentence({ ...gone, evidence: { s: 365, p90: null } }).zh).toBe('阶段：「衰退」→「流失」：已 365 天未购买');
    expect(changeSentence({ ...gone, reason: 'HARD_CAP', evidence: { s: 365 } }).en).toContain(
      '365 days, the limit for everybody',
    );
  });

  it('has words for every reason, first stages and corrections', () => {
    for (const reason of REASONS) {
      const { en, zh } = changeSentence({ ...change, reason, kind: 'restated', evidence: { s: 3, n: 4 } });
      expect(en).toMatch(/^Corrected: growing → declining: [a-z]/);
      expect(zh).toMatch(/^更正：「成长」→「衰退」：\p{Script=Han}/u);
    }
    const first = changeSentence({ from: null, to: 'new', kind: 'transition', reason: 'FIRST_PURCHASE', evidence: { n: 1 } });
    expect(both(first)).toEqual(['Stage: begins as new: first purchase', '阶段：进入「新」：首次购买']);
    const loyal = { from: 'growing', to: 'loyal', kind: 'transition', reason: 'REACHED_LOYAL' } as const;
    expect(changeSentence({ ...loyal, evidence: { n: 4 } }).en).toBe('Stage: growing → loyal: purchase day 4');
    expect(changeSentence({ ...loyal, evidence: {} }).en).toBe('Stage: growing → loyal: bought often enough');
  });
});

describe('the sentences of events', () => {
  const sale: PurchaseEvent = {
    type: 'sale',
    count: 1,
    amount: '5.00 USD',
    ofDay: null,
    isVoided: false,
    isUndone: false,
    waits: null,
  };
  const en = (event: Partial<PurchaseEvent>) => purchaseEventSentence({ ...sale, ...event }).en;

  it('tell sales, refunds and voids, and what became of them', () => {
    expect(en({})).toBe('Bought: 5.00 USD');
    expect(both(purchaseEventSentence({ ...sale, count: 3 }))).toEqual(['Bought: 3 sales, 5.00 USD', '购买：3 笔，共 5.00 USD']);
    expect(en({ isVoided: true, isUndone: true })).toBe('Bought: 5.00 USD; voided later');
    expect(en({ isUndone: true })).toBe('Bought: 5.00 USD; refunded, no purchase day any more');
    expect(en({ waits: { reason: 'MISSING_RATE', amount: null } })).toBe(
      'Bought: 5.00 USD; not counted yet: no exchange rate is known',
    );
    expect(en({ type: 'refund', waits: { reason: 'A_NEW_ONE', amount: '1.00 USD' } })).toBe(
      'Refund: 5.00 USD; 1.00 USD not counted yet: A_NEW_ONE',
    );
    expect(en({ type: 'refund', ofDay: '2025-01-01' })).toBe('Refund: 5.00 USD, bought on 2025-01-01');
    const voids = { ...sale, type: 'void', amount: null } as const;
    expect(both(purchaseEventSentence({ ...voids, ofDay: '2025-01-01' }))).toEqual([
      'Voided: a sale of 2025-01-01',
      '作废：2025-01-01 的 1 笔销售',
    ]);
    expect(both(purchaseEventSentence({ ...voids, count: 2 }))).toEqual(['Voided: 2 sales', '作废：2 笔销售']);
  });

  it('tell interactions, refusals, and what became known later', () => {
    expect(interactionSentence('review', 2, 1)).toEqual({ en: 'Wrote a review, score 2', zh: '发表评价，评分 2' });
    expect(interactionSentence('visit', null, 3)).toEqual({ en: 'Visited, 3 times', zh: '访问，3 次' });
    expect(interactionSentence('a_new_kind', null, 1).zh).toBe('a_new_kind');
    expect(refusalSentence('sale', '5.00 USD', 'CONFLICT')).toEqual({
      en: 'Refused: sale of 5.00 USD, its id came with another content (CONFLICT)',
      zh: '未采纳：销售 5.00 USD，相同编号的内容不一致（CONFLICT）',
    });
    expect(refusalSentence('complaint_resolved', null, 'FUTURE_EVENT').en).toMatch(/^Refused: complaint resolved, its day/);
    expect(refusalSentence('a_new_kind', null, 'CONFLICT').zh).toBe('未采纳：a_new_kind，相同编号的内容不一致（CONFLICT）');
    expect(knownLater({ en: 'Visited', zh: '访问' }, '2025-01-03')).toEqual({
      en: 'Visited (known on 2025-01-03)',
      zh: '访问（2025-01-03 才获知）',
    });
  });
});
