import type { Stage, WarningLevel } from './words.ts';

/** A suggested action in both languages: a proposal to a person, nothing is done by itself. */
export interface Play {
  readonly en: string;
  readonly zh: string;
}

/** What to do with the customers of each stage. Source: docs/lifecycle.md, Plays. */
export const STAGE_PLAYS: Readonly<Record<Stage, Play>> = {
  prospect: {
    en: 'Invite: show what others buy first, with a small first-order offer.',
    zh: '邀请首购：展示大家首单常买什么，并给一份小额首单优惠。',
  },
  new: {
    en: 'Welcome: thank for the first purchase and show what others bought next.',
    zh: '欢迎：感谢首次购买，并展示其他顾客接着买了什么。',
  },
  growing: {
    en: 'Develop: recommend what goes with past purchases, within the usual gap between purchases.',
    zh: '培养：在其惯常购买间隔内，推荐与已购商品搭配的产品。',
  },
  loyal: {
    en: 'Reward referrals: ask for a recommendation and thank for it; no discount is needed.',
    zh: '奖励推荐：请其推荐好友并致谢，无需打折。',
  },
  declining: {
    en: 'Save offer: ask what is missing, and give a personal offer before the silence grows.',
    zh: '挽留优惠：询问缺少什么，在沉默加深之前给出专属优惠。',
  },
  churned: {
    en: 'Win back: one strong offer with news of the range; then stop writing for a while.',
    zh: '赢回：一次有力的优惠并介绍新品，之后暂停一段时间不再打扰。',
  },
  returned: {
    en: 'Thank for coming back: say so personally, and make the next purchase easy.',
    zh: '感谢回归：亲自致谢，并让下一次购买更容易。',
  },
};

/** What to do at each level of the churn early warning, before the play of the stage. Source: docs/lifecycle.md, Plays. */
export const WARNING_PLAYS: Readonly<Record<Exclude<WarningLevel, 'none'>, Play>> = {
  watch: {
    en: 'Watch: no offer yet; send a useful reminder at the usual time of purchase.',
    zh: '关注：暂不给优惠，在其惯常购买时间发一条有用的提醒。',
  },
  warning: {
    en: 'Reach out this week: ask how things are, and solve open complaints first.',
    zh: '本周联系：问候近况，先解决未结投诉。',
  },
  critical: {
    en: 'Call today: a person who can decide settles what went wrong, before any offer.',
    zh: '今天致电：由有权决定的人先解决问题，再谈优惠。',
  },
};

/** What to do with a churned customer who has been silent for `plays.longGoneDays` or longer. Source: docs/lifecycle.md, Plays. */
export const LONG_GONE_PLAY: Play = {
  en: 'Stop spending: leave out of paid campaigns; a return is too unlikely to pay for.',
  zh: '停止投入：移出付费活动，回流可能性太低，不值得花费。',
};

/**
 * The suggested plays of one customer, most urgent first: that of the warning level, then that of the stage. For a churned customer
 * who is long gone the advice to stop spending takes the place of the win-back offer, for the two contradict each other.
 *
 * @param customer `warningLevel` null: no warning is computed for the stage; `silenceDays` since the last purchase day, null without one;
 * `longGoneDays` from the configuration's `plays` section
 * @returns one or two plays
 */
export function playsOf({
  stage,
  warningLevel,
  silenceDays,
  longGoneDays,
}: {
  stage: Stage;
  warningLevel: WarningLevel | null;
  silenceDays: number | null;
  longGoneDays: number;
}): readonly Play[] {
  if (stage === 'churned' && silenceDays !== null && silenceDays >= longGoneDays) return [LONG_GONE_PLAY];
  if (warningLevel === null || warningLevel === 'none') return [STAGE_PLAYS[stage]];
  return [WARNING_PLAYS[warningLevel], STAGE_PLAYS[stage]];
}
