import logUpdate from 'log-update';
import { count } from './table.ts';

/** Milliseconds between two lines. */
const SHOW_MS = { live: 100, plain: 2000 } as const;

/** A line on standard error that counts. */
export interface CountingLine {
  /** @param doing what is done, for example `changing` @param of left out where nobody knows it before */
  show(doing: string, done: number, of?: number): void;
  /** Takes a live line off the screen. */
  end(): void;
}

/** Says nothing. */
export const silentLine: CountingLine = { show: () => undefined, end: () => undefined };

/** Counts once it takes longer than a second: a live line at a terminal, else a line every two seconds. @param command for its head */
export function countingLine(command: string): CountingLine {
  const live = process.stderr.isTTY === true;
  let shownMs = performance.now() + 1000;
  return {
    show(doing, done, of) {
      if (performance.now() < shownMs) return;
      shownMs = performance.now() + (live ? SHOW_MS.live : SHOW_MS.plain);
      const line = `${command}: ${doing} ${count(done)}${of === undefined ? '' : ` of ${count(of)}`}`;
      if (live) logUpdate(line);
      else process.stderr.write(`${line}\n`);
    },
    end: () => (live ? logUpdate.clear() : undefined),
  };
}
