import type { ScanIssue } from './row-rules.ts';

/**
 * The records of a drop file of any format, one after the other, as byte ranges of one buffer that is used again and again.
 *
 * What it shows holds until the next call of `next`; `buffer`, `starts` and `ends` may be others after it. Values are UTF-8
 * text, the same for every format; an empty range is null.
 */
export interface RecordCursor {
  /** Holds every range, and the defaults of the mapping at its start. */
  readonly buffer: Buffer;
  /** First byte of each field, shape [fieldCount]. */
  readonly starts: Int32Array;
  /** Byte after each field, shape [fieldCount]. */
  readonly ends: Int32Array;
  readonly fieldCount: number;
  /** Physical line of the record's first byte, or number of the row in a file without lines, from 1. */
  readonly line: number;
  /** Why the record cannot be used, if so. */
  readonly issue: ScanIssue | undefined;
  /** What of the record the issue is about, for its message: a key and what was found there; '' when there is nothing to tell. */
  readonly issueDetail: string;
  /** False when no byte of the record is a control character; true when one may be. */
  readonly mayHaveControl: boolean;
  /** True when `raw` is only the beginning of the record. */
  readonly truncated: boolean;
  /** Moves to the next record; false when more bytes are needed, or at the end. */
  next(): boolean;
  /** The record as it was delivered, without its line end; of a binary format the row as JSON. A view. */
  raw(): Buffer;
}
