import logUpdate from 'log-update';
import { isMapStep, type MapStep, type Step } from '../lib/keys.ts';
import { colours } from './colours.ts';

/** What a Map's items are called. */
const ITEMS: Readonly<Record<MapStep, string>> = {
  'ingest-drop': 'batches',
  'fold-shard': 'shards',
  'score-shard': 'shards',
  'publish-segments': 'lists',
  'project-shard': 'shards',
};

/** Milliseconds between two plain lines of one step. */
const PLAIN_MS = 2000;

/** Items of every Map. */
export type Totals = Readonly<Record<MapStep, number>>;

/** Tells how far a run is: of each step that it has begun, how many items are done. */
export interface Progress {
  /** Items that each Map has, once they are planned. */
  plan(totals: Totals): void;
  /** @param agoMs milliseconds since the step began, where it began elsewhere */
  begin(step: Step, agoMs?: number): void;
  /** One item of a Map was done, or the step. */
  end(step: Step, rows: number): void;
  /** So many items of a Map are done in all, where they are done elsewhere. */
  reach(step: Step, done: number): void;
  /** The whole step was done elsewhere, in so many milliseconds. */
  complete(step: Step, tookMs: number): void;
  /** Says something beside the steps. */
  note(text: string): void;
  /** Takes a live display off the screen. */
  done(): void;
}

/** Says nothing. */
export const silentProgress: Progress = {
  plan() {},
  begin() {},
  end() {},
  reach() {},
  complete() {},
  note() {},
  done() {},
};

interface StepState {
  readonly step: Step;
  readonly startedMs: number;
  done: number;
  rows: number;
  shownMs: number;
}

/** Steps that are over in a moment, and tell nobody anything. */
const isHidden = (step: Step): boolean => step === 'require-complete' || step === 'fail-run';

/**
 * Progress on standard error: a live line where that is a terminal, else a plain line when a step ends and every two seconds.
 *
 * @param label what is run, for the live line
 */
export function stderrProgress(label: string): Progress {
  const live = process.stderr.isTTY === true;
  const update = logUpdate;
  let totals: Partial<Record<Step, number>> = {};
  let state: StepState | undefined;
  const line = (s: StepState, tookMs: number) => {
    const total = totals[s.step];
    const items = isMapStep(s.step) ? `${s.done}/${total ?? '?'} ${ITEMS[s.step]}` : '';
    const rows = s.rows > 0 ? `${s.rows.toLocaleString('en-US')} rows` : '';
    const seconds = `${(tookMs / 1000).toFixed(1)} s`;
    return `${s.step.padEnd(17)}${items.padEnd(14)}${rows.padStart(16)}${seconds.padStart(9)}`;
  };
  const show = (s: StepState, isEnd: boolean, tookMs = performance.now() - s.startedMs) => {
    if (live) update(`${colours.dim(label)}\n${line(s, tookMs)}`);
    else if (isEnd || performance.now() - s.shownMs > PLAIN_MS) {
      process.stderr.write(`${line(s, tookMs).trimEnd()}\n`);
      s.shownMs = performance.now();
    }
  };
  const isNow = (step: Step): boolean => state?.step === step;
  return {
    plan(planned) {
      totals = planned;
    },
    begin(step, agoMs = 0) {
      if (isNow(step) || isHidden(step)) return;
      const now = performance.now();
      state = { step, startedMs: now - agoMs, done: 0, rows: 0, shownMs: now };
      if (live) show(state, false);
    },
    end(step, rows) {
      if (!state || !isNow(step)) return;
      state.done++;
      state.rows += rows;
      show(state, !isMapStep(step) || state.done === totals[step]);
    },
    reach(step, done) {
      if (!state || !isNow(step)) return;
      state.done = done;
      // The last item's line is the step's own, which follows.
      if (live || done !== totals[step]) show(state, false);
    },
    complete(step, tookMs) {
      if (!state || !isNow(step)) return;
      state.done = totals[step] ?? state.done;
      show(state, true, tookMs);
    },
    note(text) {
      if (live) update.clear();
      process.stderr.write(`${text}\n`);
      if (live && state) show(state, false);
    },
    done() {
      if (live) update.clear();
    },
  };
}
