import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** Errors whose messages may quote a value of a customer's row: ours of a drop, and JSON.parse's of any text. */
const MAY_QUOTE_ROWS: readonly string[] = ['InvalidDropError', 'DataQualityGateError', 'SyntaxError'];

/** Causes of causes that are told. */
const MAX_CAUSES = 5;

const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** An error as the log has it: without the other fields that an SDK's error carries. */
export interface ToldError {
  readonly name: string;
  readonly message: string;
  /** Frames of the sources. */
  readonly stack: string;
  readonly cause?: ToldError | string;
}

/** An error for the log: its chain of causes, nothing that may be a customer's. */
export function tellError(error: unknown, depth = 0): ToldError | string {
  // What is thrown and is no error may be anything, a row too.
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const { name, stack = '', cause } = error;
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  return {
    name,
    message: withoutQuotes(error),
    stack: mapFrames(frames.join('\n')),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: tellError(cause, depth + 1) }),
  };
}

/**
 * Takes values of rows out of an error before it leaves the function: Lambda logs it, Step Functions keeps it, and fail-run mails it.
 * The rows themselves are in the quarantine, which only the lake's readers see.
 */
export function concealRows(error: Error): void {
  const message = withoutQuotes(error);
  if (message === error.message) return;
  error.stack = error.stack?.replaceAll(error.message, () => message) ?? '';
  error.message = message;
}

function withoutQuotes({ name, message }: Error): string {
  return MAY_QUOTE_ROWS.includes(name) ? message.replaceAll(QUOTED, '"…"') : message;
}

const maps = new Map<string, SourceMap | undefined>();

/**
 * Places of a bundle as places of the sources. Node's own --enable-source-maps reads the map, which is larger than the bundle, at
 * every cold start (30 ms to 50 ms of it); this reads it at the first error.
 */
function mapFrames(stack: string): string {
  return stack.replaceAll(
    /((?:\/[^/\s():]+)+\.c?js):(\d+):(\d+)/g,
    (place: string, file: string, line: string, column: string) => {
      const found = sourceMapOf(file)?.findOrigin(Number(line), Number(column));
      return found && 'fileName' in found ? `${found.fileName}:${found.lineNumber}:${found.columnNumber}` : place;
    },
  );
}

function sourceMapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) {
    const path = `${file}.map`;
    const map = existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8')) as never) : undefined;
    maps.set(file, map);
  }
  return maps.get(file);
}
