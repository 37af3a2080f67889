import { ContractMismatchError } from '../errors.ts';
import { assertKey } from '../keys.ts';

/** Start of a file name under which a write is still under way. */
export const TEMP_PREFIX = '.tmp-';

/** Start of a file name that locks its neighbour. */
export const LOCK_PREFIX = '.lock-';

/** A file system's 255 bytes of a name, less the lock's prefix. */
const PART_BYTES = 249;

/** S3's. A store below a prefix has less, and S3 says so. */
const KEY_BYTES = 1024;

/** True for a file name that the file store uses for itself. */
export function isReservedName(name: string): boolean {
  return name.startsWith(TEMP_PREFIX) || name.startsWith(LOCK_PREFIX);
}

/**
 * A key that both stores accept.
 *
 * @throws ContractMismatchError when a part is odd (see `assertKey`), too long, or a name that the file store uses for itself
 */
export function assertObjectKey(key: string): string {
  assertKey(key);
  if (key.split('/').some(isReservedName)) {
    throw new ContractMismatchError(
      `Key ${key}: a part starts with ${TEMP_PREFIX} or ${LOCK_PREFIX}, expected another name. Rename the file.`,
    );
  }
  if (key.length > KEY_BYTES || key.split('/').some((part) => part.length > PART_BYTES)) {
    throw new ContractMismatchError(
      `Key ${key.slice(0, 100)}...: ${key.length} characters long, expected at most ${KEY_BYTES}, and ${PART_BYTES} between two slashes. Use a shorter name.`,
    );
  }
  return key;
}

/** The message of a missing object. */
export function missingObject(url: string, key: string): ContractMismatchError {
  return new ContractMismatchError(
    `Object ${url}/${key}: missing, expected it to exist. Run the step that writes it again, or restore it.`,
  );
}

/** The message of an object that ends before a range of it does. */
export function shortObject(url: string, key: string, end: number): ContractMismatchError {
  return new ContractMismatchError(
    `Object ${url}/${key}: ends early, expected at least ${end} bytes. Another file may have taken its place; run again.`,
  );
}
