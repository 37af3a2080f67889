import { isUtf8 } from 'node:buffer';
import type { RecordScanner } from './record-scanner.ts';
import { type QuarantinedRow, ROW_RULES, type RowRule } from './row-rules.ts';

/** The scanner's current record as a quarantined row: exact text, base64 when it is not valid UTF-8. */
export function quarantineRecord(scanner: RecordScanner, file: string, rule: RowRule, message: string): QuarantinedRow {
  const raw = scanner.buffer.subarray(scanner.recordStart, scanner.recordEnd);
  const rawEncoding = isUtf8(raw) ? 'utf8' : 'base64';
  return {
    file,
    line: scanner.line,
    rule,
    kind: ROW_RULES[rule],
    message,
    raw: raw.toString(rawEncoding),
    rawEncoding,
    rawTruncated: scanner.truncated,
  };
}
