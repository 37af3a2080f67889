/**
 * A customer's usual number of days between purchases: the own gaps, with two of the cohort's to begin with.
 *
 * Source: docs/lifecycle.md, Reasons (g). @param purchaseDays n, >= 1 @param txDays days between the first and the last of them
 * @param medianGapDays g0, the median gap of the cohort, days
 */
export const ownGapDays = (purchaseDays: number, txDays: number, medianGapDays: number): number =>
  (txDays + 2 * medianGapDays) / (purchaseDays + 1);
