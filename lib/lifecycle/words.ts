/** Lifecycle stages; the position is the code in stored files. */
export const STAGES = ['prospect', 'new', 'growing', 'loyal', 'declining', 'churned', 'returned'] as const;

/** A lifecycle stage. */
export type Stage = (typeof STAGES)[number];

/** Names of the stages in Chinese. */
export const STAGES_ZH: Readonly<Record<Stage, string>> = {
  prospect: '潜在',
  new: '新',
  growing: '成长',
  loyal: '忠诚',
  declining: '衰退',
  churned: '流失',
  returned: '回流',
};

/** Value tiers, the better the later; the position is the code in stored files. `vip` is there when the configuration asks for it. */
export const TIERS = ['low', 'mid', 'high', 'vip'] as const;

/** A value tier. */
export type Tier = (typeof TIERS)[number];

/** Names of the tiers in Chinese. */
export const TIERS_ZH: Readonly<Record<Tier, string>> = { low: '低', mid: '中', high: '高', vip: '贵宾' };

/** Levels of the churn early warning; the position is the code in stored files. */
export const WARNING_LEVELS = ['none', 'watch', 'warning', 'critical'] as const;

/** A level of the churn early warning. */
export type WarningLevel = (typeof WARNING_LEVELS)[number];

/** Names of the levels in Chinese. */
export const WARNING_LEVELS_ZH: Readonly<Record<WarningLevel, string>> = {
  none: '无',
  watch: '关注',
  warning: '预警',
  critical: '紧急',
};

/** Whether a warning was computed from all signals or without those of a feed that does not come; the position is the code. */
export const SIGNALS = ['full', 'partial'] as const;

/** Why a stage changed; the position is the code in stored files. Only ever appended to. */
export const REASONS = [
  'FIRST_PURCHASE',
  'SECOND_PURCHASE',
  'REACHED_LOYAL',
  'RHYTHM_BROKEN',
  'LONG_SILENCE',
  'HARD_CAP',
  'CAME_BACK',
  'RECOVERED',
  'REBUILT_AFTER_REFUND',
  'LATE_DATA',
  'RULES_CHANGED',
  'EPOCH_CHANGED',
  'ERASED',
  'BECAME_KNOWN',
] as const;

/** Why a stage changed. */
export type Reason = (typeof REASONS)[number];
