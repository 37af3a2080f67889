import { randomBytes } from 'node:crypto';
import { ContractMismatchError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import type { RunDeps } from './deps.ts';
import { createOrReadJson, findJson } from './json-objects.ts';

/** Bytes of the secret: as many as the hash has. */
const SECRET_BYTES = 32;

interface SecretFile {
  readonly algorithm: 'hmac-sha256';
  /** 64 hex digits. */
  readonly secret: string;
}

/** The secret of the keyed hashes of erased customers, made at random by whoever asks first; all agree on one. */
export async function erasureSecret(deps: Pick<RunDeps, 'lake'>): Promise<Uint8Array> {
  const make = (): Promise<SecretFile> =>
    Promise.resolve({ algorithm: 'hmac-sha256', secret: randomBytes(SECRET_BYTES).toString('hex') });
  return parseSecret(await createOrReadJson<SecretFile>(deps.lake, lakeKeys.erasureSecret, make));
}

/** The secret, undefined while nobody was ever erased. */
export async function findErasureSecret(deps: Pick<RunDeps, 'lake'>): Promise<Uint8Array | undefined> {
  const file = await findJson<SecretFile>(deps.lake, lakeKeys.erasureSecret);
  return file && parseSecret(file);
}

function parseSecret(file: SecretFile): Uint8Array {
  const secret = Buffer.from(file.secret, 'hex');
  if (secret.length !== SECRET_BYTES) {
    throw new ContractMismatchError(
      `Object ${lakeKeys.erasureSecret}: a secret of ${secret.length} bytes, expected ${SECRET_BYTES}. Restore the file; without it nobody can tell who was erased.`,
    );
  }
  return secret;
}
