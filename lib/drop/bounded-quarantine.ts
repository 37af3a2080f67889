import { InvalidDropError } from '../errors.ts';
import type { QuarantineSink } from './row-rules.ts';

/** Bytes of the refused rows of one file at the most (256 MiB), what a row takes beside its text included. */
const MAX_REFUSED_BYTES = 268_435_456;
const ROW_BYTES = 256;

/**
 * A sink that gives a file up when its refused rows would fill the memory: such a file is something else than rows, or a bomb.
 *
 * @throws InvalidDropError from `quarantine`, beyond 256 MiB of refused rows
 */
export function boundedQuarantine(file: string, sink: QuarantineSink): QuarantineSink {
  let bytes = 0;
  let rows = 0;
  let first = '';
  return {
    quarantine(row) {
      if (rows++ === 0) first = `line ${row.line} by ${row.rule}`;
      bytes += ROW_BYTES + row.raw.length;
      if (bytes > MAX_REFUSED_BYTES) {
        throw new InvalidDropError(
          `File ${file}: ${rows} rows are refused, the first in ${first}, expected fewer than fill ${MAX_REFUSED_BYTES} bytes. Correct the file or the mapping and deliver it again.`,
        );
      }
      sink.quarantine(row);
    },
  };
}
