import type { FitReason, FitWarning } from '../../lib/clv/fit/fit-verdict.ts';
import type { CandidateReason } from '../../lib/run/engine/epoch-record.ts';

/** What each reason against a fit, and each warning of it, means. */
const WORDS: Readonly<Record<FitReason | FitWarning | CandidateReason, string>> = {
  NO_CUSTOMERS: 'there was nobody to fit to',
  NO_REPEAT_CUSTOMERS: 'nobody had bought on a second day',
  ALMOST_NO_REPEAT_CUSTOMERS: 'almost nobody had bought on a second day',
  NOT_CONVERGED: 'the search found no best parameters',
  HESSIAN_NOT_POSITIVE: 'the likelihood has no peak there',
  PARAMETER_AT_BOUND: 'a parameter runs away: the data do not hold it',
  STANDARD_ERROR_TOO_LARGE: 'the data hardly tell one of the parameters',
  MEAN_INFINITE: 'the mean spend would be infinite (q is not above 1)',
  FEW_REPEAT_CUSTOMERS: 'few customers had bought on a second day',
  MEAN_NEARLY_INFINITE: 'the mean spend is barely held by the data (q is close to 1)',
  TOO_FEW_REPEAT_CUSTOMERS: 'too few customers had bought on a second day',
  HISTORY_TOO_SHORT: 'the history is too short',
  RETURN_ERROR_TOO_LARGE: 'it predicts who comes back worse than the epoch in force',
  MOVED_TOO_MANY: 'it would move too many customers to another stage at once',
  FIT_NOT_SOUND: 'the fit itself is not sound',
};

/** Reasons against a fit, or warnings of it, in words, one after another; a code without words as it is. */
export function describeReasons(reasons: readonly string[]): string {
  return reasons.map((reason) => (WORDS as Readonly<Record<string, string>>)[reason] ?? reason).join('; ');
}
