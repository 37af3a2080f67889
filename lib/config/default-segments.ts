import type { SegmentDefinition } from './segment-definition.ts';

/** The segments of a configuration that names none, each with a suggested play. */
export const DEFAULT_SEGMENTS: SegmentDefinition[] = [
  {
    id: 'new_to_welcome',
    name: { en: 'New customers to welcome', zh: '待欢迎的新客户' },
    play: {
      en: 'Welcome within two days: thank, show how to get the most of the first purchase, invite to a second within 30 days.',
      zh: '两天内致谢并引导使用首购商品，邀请在 30 天内完成第二次购买。',
    },
    where: { stage: ['new'] },
  },
  {
    id: 'loyal_to_thank',
    name: { en: 'Loyal customers to thank', zh: '待答谢的忠诚客户' },
    play: {
      en: 'Thank without a discount: early access, a personal note, an invitation to refer a friend.',
      zh: '不打折地答谢：优先体验、专属问候，并邀请推荐好友。',
    },
    where: { stage: ['loyal'] },
  },
  {
    id: 'declining_to_save',
    name: { en: 'Declining customers to save', zh: '待挽留的衰退客户' },
    play: {
      en: 'Ask what changed, remind of what they usually buy, offer a reason to come back before the habit is lost.',
      zh: '了解变化原因，提醒常购商品，在习惯消失前给出回来的理由。',
    },
    where: { stage: ['declining'] },
  },
  {
    id: 'churned_to_win_back',
    name: { en: 'Churned customers to win back', zh: '待赢回的流失客户' },
    play: {
      en: 'One strong win-back offer, highest value first; stop after two silent attempts.',
      zh: '按价值从高到低给一次有力的赢回优惠；两次无回应即停止。',
    },
    where: { stage: ['churned'] },
  },
];
