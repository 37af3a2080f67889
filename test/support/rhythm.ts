import { configSchema } from '../../lib/config/config.ts';
import type { Schedule } from '../../lib/lifecycle/replay.ts';
import type { Rhythm } from '../../lib/lifecycle/silence-table.ts';
import { type NightRules, nightRules, type PurchaseFacts } from '../../lib/lifecycle/stage-rules.ts';

/** The default thresholds. */
export const RULES = configSchema.parse({}).stages;

/** q halves every `halfLife` days of silence; p_return is a share of q. */
export const rhythmOf = (halfLife: number, returnShare = 0.4): Rhythm => ({
  q: (_x, txDays, tenureDays) => 0.5 ** ((tenureDays - txDays) / halfLife),
  pReturn: (_x, txDays, tenureDays) => returnShare * 0.5 ** ((tenureDays - txDays) / halfLife),
});

/** A night under the default thresholds, with changes. */
export const nightOf = ({
  rhythm = null,
  rules = RULES,
  baseline = null,
}: Partial<Omit<NightRules, 'silence'>> = {}): NightRules => nightRules(rhythm, rules, baseline);

/** One set of rules for every night. */
export const always = (night: NightRules): Schedule => ({ at: () => night });

/** Purchases on the given days, as of the last of them. */
export const factsOf = (...days: number[]): PurchaseFacts => ({
  purchaseDays: days.length,
  firstDay: days[0] ?? 0,
  lastDay: days.at(-1) ?? 0,
});
