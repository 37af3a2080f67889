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
    zh: '欢迎：感谢首次购买，并展示其他客户接着买了什么。',
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
    zh: '挽留优惠：了解客户还需要什么，在沉默加深之前给出专属优惠。',
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
  zh: '停止投入：移出付费推广名单，回流可能性太低，不值得花费。',
};

/**
 * The suggested plays of one customer, most urgent first: that of the warning level, then that of the stage. Of two that contradict
 * each other one is left out:
 * - a declining customer at level watch: the save offer alone, for watching would hold it back
 * - a loyal customer at warning or critical: the warning alone, for nobody in trouble is asked for a recommendation
 * - a churned customer who is long gone: the advice to stop spending, in place of the win-back offer
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
  if (stage === 'declining' && warningLevel === 'watch') return [STAGE_PLAYS.declining];
  if (stage === 'loyal' && warningLevel !== 'watch') return [WARNING_PLAYS[warningLevel]];
  return [WARNING_PLAYS[warningLevel], STAGE_PLAYS[stage]];
}

/** A segment as suggestions need it. */
export interface PlayedSegment {
  readonly id: string;
  readonly name: Play;
  readonly play: Play;
  /** Stages that it is for; undefined for every stage. */
  readonly stages: readonly Stage[] | undefined;
}

/** A suggested action with where it comes from. */
export interface SuggestedPlay extends Play {
  /** Id of the segment that it is the play of; null for one of the warning level or the stage. */
  readonly segment: string | null;
  /** True when nothing is to be done: the customer is held out of the segment, to compare. */
  readonly heldOut: boolean;
}

/**
 * The suggestions of one customer: first the segments that the customer is held out of, whose plays are not for this customer; then
 * the plays of warning level and stage; then those of the customer's segments that say something else. A play of the stage is left out
 * where a segment for that stage holds the customer out, for it would spoil the comparison; what a warning asks for stays.
 *
 * @param plays as `playsOf`, of the customer's stage
 */
export function suggestionsOf(
  { stage, plays }: { readonly stage: Stage; readonly plays: readonly Play[] },
  segments: readonly PlayedSegment[],
  heldOutOf: readonly PlayedSegment[],
): readonly SuggestedPlay[] {
  const withheld = new Set(heldOutOf.map(({ play }) => play.en));
  if (heldOutOf.some(({ stages }) => stages?.includes(stage))) withheld.add(STAGE_PLAYS[stage].en);
  const own = plays.filter(({ en }) => !withheld.has(en));
  // what is not suggested of the stage or the level is not suggested as that of a segment either
  const general = [...Object.values(WARNING_PLAYS), STAGE_PLAYS[stage], LONG_GONE_PLAY];
  const said = new Set([...withheld, ...general.map(({ en }) => en)]);
  const ofSegments: SuggestedPlay[] = [];
  for (const { id, name, play } of segments) {
    if (said.has(play.en)) continue;
    said.add(play.en);
    ofSegments.push({ en: `${name.en}: ${play.en}`, zh: `${name.zh}：${play.zh}`, segment: id, heldOut: false });
  }
  return [
    ...heldOutOf.map(({ id, name }) => ({
      en: `Held out of ${name.en}, to compare: leave this customer alone by that play.`,
      zh: `作为对照，未列入「${name.zh}」：请勿对该客户采取该名单的行动。`,
      segment: id,
      heldOut: true,
    })),
    ...own.map(({ en, zh }) => ({ en, zh, segment: null, heldOut: false })),
    ...ofSegments,
  ];
}
