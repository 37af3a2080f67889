import logUpdate from 'log-update';
import { isMapStep, type MapStep, type Step } from '../../lib/keys.ts';
import { colours } from '../colours.ts';

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

/** Tells how far a run is. */
export interface Progress {
  /** Items that each Map has, once they are planned. */
  plan(totals: Readonly<Record<MapStep, number>>): void;
  begin(step: Step): void;
  end(step: Step, rows: number): void;
  /** Takes a live display off the screen. */
  done(): void;
}

/** Says nothing. */
export const silentProgress: Progress = { plan() {}, begin() {}, end() {}, done() {} };

interface StepState {
  readonly step: Step;
  readonly startedMs: number;
  done: number;
  rows: number;
  shownMs: number;
}

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
  const line = (s: StepState) => {
    const total = totals[s.step];
    const items = isMapStep(s.step) ? `${s.done}/${total ?? '?'} ${ITEMS[s.step]}` : '';
    const rows = s.rows > 0 ? `${s.rows.toLocaleString('en-US')} rows` : '';
    const seconds = `${((performance.now() - s.startedMs) / 1000).toFixed(1)} s`;
    return `${s.step.padEnd(17)}${items.padEnd(14)}${rows.padStart(16)}${seconds.padStart(9)}`;
  };
  const show = (s: StepState, isEnd: boolean) => {
    if (live) update(`${colours.dim(label)}\n${line(s)}`);
    else if (isEnd || performance.now() - s.shownMs > PLAIN_MS) {
      process.stderr.write(`${line(s).trimEnd()}\n`);
      s.shownMs = performance.now();
    }
  };
  return {
    plan(planned) {
      totals = planned;
    },
    begin(step) {
      if (state?.step === step || step === 'require-complete' || step === 'fail-run') return;
      const now = performance.now();
      state = { step, startedMs: now, done: 0, rows: 0, shownMs: now };
      if (live) show(state, false);
    },
    end(step, rows) {
      if (state?.step !== step) return;
      state.done++;
      state.rows += rows;
      show(state, !isMapStep(step) || state.done === totals[step]);
    },
    done() {
      if (live) update.clear();
    },
  };
}
