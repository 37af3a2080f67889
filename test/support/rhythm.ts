import { configSchema } from '../../lib/config/config.ts';
import type { Schedule } from '../../lib/lifecycle/replay.ts';
import type { NightRules, PurchaseFacts, Rhythm } from '../../lib/lifecycle/stage-step.ts';

/** The default thresholds. */
export const RULES = configSchema.parse({}).stages;

/** q halves every `halfLife` days of silence; p_return is a share of q. */
export const rhythmOf = (halfLife: number, returnShare = 0.4): Rhythm => ({
  q: (_x, txDays, tenureDays) => 0.5 ** ((tenureDays - txDays) / halfLife),
  pReturn: (_x, txDays, tenureDays) => returnShare * 0.5 ** ((tenureDays - txDays) / halfLife),
});

/** A night under the default thresholds, with changes. */
export const nightOf = (changes: Partial<NightRules> = {}): NightRules => ({
  rhythm: null,
  baseline: null,
  rules: RULES,
  ...changes,
});

/** One set of rules for every night. */
export const always = (night: NightRules): Schedule => ({ at: () => night });

/** Purchases on the given days, as of the last of them. */
export const factsOf = (...days: number[]): PurchaseFacts => ({
  purchaseDays: days.length,
  firstDay: days[0] ?? 0,
  lastDay: days.at(-1) ?? 0,
});
