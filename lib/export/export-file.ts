import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Destination, ExportRow } from './destination.ts';

/** Part that a file plays in a publication. */
export type ExportRole = 'full' | 'entered' | 'exited';

/** A file of a publication, ready to be written. */
export interface ExportFile {
  /** `full-00001.csv.gz`. */
  readonly name: string;
  readonly role: ExportRole;
  readonly rows: number;
  readonly bytes: Uint8Array;
  /** SHA-256 (hex) of the bytes as stored. */
  readonly sha256: string;
}

/** Characters of text that are gathered before they become bytes: a file may be longer than a string. */
const PAGE = 1_048_576;

/**
 * The files of one role: at least one, each with its header, at most `maxRows` rows. gzip without a clock, so that equal rows
 * give equal bytes.
 */
export function* exportFiles(
  role: ExportRole,
  rows: Iterable<ExportRow>,
  destination: Destination,
  maxRows: number,
): Generator<ExportFile> {
  let [part, count, text] = [1, 0, destination.header];
  let pages: Buffer[] = [];
  const turnPage = () => {
    pages.push(Buffer.from(text));
    text = '';
  };
  const finish = (): ExportFile => {
    turnPage();
    const bytes = gzipSync(Buffer.concat(pages));
    pages = [];
    const name = `${role}-${String(part).padStart(5, '0')}.${destination.extension}.gz`;
    return { name, role, rows: count, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  for (const row of rows) {
    if (count === maxRows) {
      yield finish();
      [part, count, text] = [part + 1, 0, destination.header];
    }
    text += destination.formatRow(row);
    if (text.length > PAGE) turnPage();
    count++;
  }
  yield finish();
}
