import { readFileSync } from 'node:fs';
import { UsageError } from '../../lib/errors.ts';

/**
 * Reads a JSON file (UTF-8, also with a byte order mark) that an option names.
 *
 * @param option name of the option, for messages
 * @param expected what the file should be, for messages
 * @throws UsageError when it cannot be read, or is no JSON
 */
export function readJsonFile(option: string, path: string, expected: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw cannotRead(option, path, { expected, cause });
  }
  return parseJson(`Option ${option}: ${path}`, text.replace(/^\uFEFF/, ''), expected);
}

/**
 * Reads JSON that somebody wrote.
 *
 * @param where how the message begins @param expected what the JSON should be, for the message @throws UsageError when it is no JSON
 */
export function parseJson(where: string, text: string, expected: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // a piece of the text is in the message, with its line ends
    const seen = (cause as Error).message.replaceAll(/\s+/g, ' ');
    throw new UsageError(`${where}: ${seen}, expected ${expected}. Correct the JSON.`, { cause });
  }
}

/** What is said of an option that names a file that cannot be read. */
export function cannotRead(
  option: string,
  path: string,
  { expected, cause }: { readonly expected: string; readonly cause: unknown },
): UsageError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const seen = code === 'ENOENT' ? 'there is none' : code === 'EISDIR' ? 'is a folder' : message;
  return new UsageError(`Option ${option}: ${path}: ${seen}, expected ${expected}. Correct the path.`, { cause });
}
