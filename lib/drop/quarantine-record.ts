import { isUtf8 } from 'node:buffer';
import type { RecordCursor } from './record-cursor.ts';
import { type QuarantinedRow, ROW_RULES, type RowRule } from './row-rules.ts';

/** The cursor's current record as a quarantined row: exact text, base64 when it is not valid UTF-8. */
export function quarantineRecord(cursor: RecordCursor, file: string, rule: RowRule, message: string): QuarantinedRow {
  const raw = cursor.raw();
  const rawEncoding = isUtf8(raw) ? 'utf8' : 'base64';
  return {
    file,
    line: cursor.line,
    rule,
    kind: ROW_RULES[rule],
    message,
    raw: raw.toString(rawEncoding),
    rawEncoding,
    rawTruncated: cursor.truncated,
  };
}
