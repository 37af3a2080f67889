import { ContractMismatchError, InvariantBrokenError } from '../errors.ts';
import type { ObjectStore } from '../store/objects.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The JSON of an object, undefined when it is missing. @throws ContractMismatchError when it is not JSON */
export async function findJson<T>(store: ObjectStore, key: string): Promise<T | undefined> {
  const bytes = await store.get(key);
  return bytes ? parseJson<T>(bytes, key) : undefined;
}

/** The JSON of an object that must be there. @throws ContractMismatchError */
export async function readJson<T>(store: ObjectStore, key: string): Promise<T> {
  return parseJson<T>(await store.read(key), key);
}

/** The value of JSON bytes. @param key for the message @throws ContractMismatchError when they are no JSON */
export function parseJson<T>(bytes: Uint8Array, key: string): T {
  try {
    return JSON.parse(decoder.decode(bytes)) as T;
  } catch (cause) {
    throw new ContractMismatchError(`Object ${key}: not JSON, expected what this code writes. Restore it or run again.`, {
      cause,
    });
  }
}

/** A value as the bytes of a JSON file that a person can read: indented, a newline at the end. */
export function jsonBytes(value: unknown): Uint8Array {
  return encoder.encode(`${JSON.stringify(value, undefined, 1)}\n`);
}

/** Writes a JSON object once. */
export async function createJson(store: ObjectStore, key: string, value: unknown): Promise<void> {
  await store.create(key, jsonBytes(value));
}

/** Writes a JSON object once, or gives the one that an earlier attempt wrote. */
export async function createOrReadJson<T>(store: ObjectStore, key: string, make: () => Promise<T>): Promise<T> {
  const found = await findJson<T>(store, key);
  if (found !== undefined) return found;
  const value = await make();
  try {
    await createJson(store, key, value);
  } catch (error) {
    // Another attempt was faster with other content: its word counts.
    if (!(error instanceof InvariantBrokenError)) throw error;
    return readJson<T>(store, key);
  }
  return value;
}
