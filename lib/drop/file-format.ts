import { InvalidDropError } from '../errors.ts';

/** Names of drop files that are read, compressed or not. */
const DROP_FILE_PATTERN = /\.(?:(csv|jsonl)(?:\.(gz|zst))?|(parquet)|(arrow)(?:\.(gz|zst))?)$/;

/** The endings of `DROP_FILE_PATTERN` in words, for messages and documentation. */
export const DROP_ENDINGS = '.csv, .jsonl or .arrow (each also with .gz or .zst) or .parquet';

/** The form of a drop file. */
export interface FileFormat {
  readonly kind: 'csv' | 'jsonl' | 'parquet' | 'arrow';
  readonly compression: 'none' | 'gzip' | 'zstd';
}

/** The form of a drop file by the ending of its name; undefined when files of this name are not read. */
export function formatOf(name: string): FileFormat | undefined {
  const match = DROP_FILE_PATTERN.exec(name);
  if (match === null) return undefined;
  const kind = (match[1] ?? match[3] ?? match[4]) as FileFormat['kind'];
  const ending = match[2] ?? match[5];
  return { kind, compression: ending === 'gz' ? 'gzip' : ending === 'zst' ? 'zstd' : 'none' };
}

/** The form of a drop file. @throws InvalidDropError when files of this name are not read */
export function requireFormat(name: string): FileFormat {
  const format = formatOf(name);
  if (format !== undefined) return format;
  throw new InvalidDropError(`File ${name}: unknown ending, expected ${DROP_ENDINGS}. Deliver the file in one of these forms.`);
}
