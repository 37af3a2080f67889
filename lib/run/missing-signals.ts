import { INTERACTION_DAYS } from '../book/interaction-list.ts';
import type { MISSING_SIGNALS } from '../lifecycle/warning-sentences.ts';
import { dayOf } from '../time.ts';
import type { Calibration } from './engine/epoch-record.ts';

/** What the early warning of a date could not count; null where every signal counts, as `hasAllSignals` says. */
export function missingSignals({ date, epoch, interactionsOn }: Calibration): keyof typeof MISSING_SIGNALS | null {
  const hasFeed = !!interactionsOn && dayOf(date) - dayOf(interactionsOn) < INTERACTION_DAYS;
  if (epoch) return hasFeed ? null : 'feed';
  return hasFeed ? 'model' : 'both';
}
