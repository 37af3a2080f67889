import { ConfigError, TransientDependencyError } from '../errors.ts';
import { fromSdk, statusOf } from './sdk-error.ts';

/** Names under which AWS refuses credentials that ran out. */
const EXPIRED = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'TokenRefreshRequired',
  'TokenProviderError',
]);

/** Names under which AWS refuses credentials that it does not know. */
const UNKNOWN = new Set([
  'AuthFailure',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** Names under which AWS refuses an action. */
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'KmsAccessDeniedException', 'UnauthorizedOperation']);

/** Longest message of AWS that is passed on. */
const SHOWN = 300;

/**
 * The taxonomy's error for a call that a person makes with credentials of their own: what is wrong with credentials, region or
 * rights is told with what to do; anything else is `fromSdk`'s.
 *
 * @param what   kind and name of what was asked, for example `Stack Perennial`
 * @param action as a policy spells it, for example `cloudformation:DescribeStacks`
 */
export function fromAccount(error: unknown, what: string, action: string): Error {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const told = message.replaceAll(/\s+/g, ' ').slice(0, SHOWN);
  const refused = (seen: string, next: string) => new ConfigError(`${what}: ${seen}. ${next}.`, { cause: error });
  if (/^Region (is missing|not accepted)/i.test(message)) {
    return refused(
      'no valid region is set, expected the one of the stack',
      'Set AWS_REGION, or choose a profile with AWS_PROFILE',
    );
  }
  if (EXPIRED.has(name) || /token .*(is|has) expired|sso session .*expired/i.test(message)) {
    return refused(
      `the credentials ran out (${name}), expected valid ones`,
      'Sign in again (aws sso login, or a new session token), or choose another profile with AWS_PROFILE',
    );
  }
  if (name === 'CredentialsProviderError') {
    return refused(
      `no credentials (${told}), expected some`,
      'Run aws configure or aws sso login; where AWS_PROFILE is set, a profile of that name must exist',
    );
  }
  if (UNKNOWN.has(name)) {
    return refused(
      `AWS does not know the credentials (${name}), expected valid ones`,
      'Correct them with aws configure, or choose a profile with AWS_PROFILE',
    );
  }
  if (DENIED.has(name)) {
    return refused(
      `${action} is denied (${told}), expected that it is allowed`,
      `Allow it to this user or role, or choose another with AWS_PROFILE`,
    );
  }
  if (statusOf(error) === undefined && isOfNetwork(error)) {
    return new TransientDependencyError(
      `${what}: AWS was not reached (${told}), expected an answer. Check the network, AWS_REGION and AWS_ENDPOINT_URL.`,
      { cause: error },
    );
  }
  return fromSdk(error, what, action.slice(action.indexOf(':') + 1));
}

/** True for what the system says of a connection, for example ECONNREFUSED or ENOTFOUND. */
function isOfNetwork(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^E(?!RR_)[A-Z_]+$/.test(code);
}
