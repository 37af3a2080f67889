import type { Step } from '../../lib/keys.ts';
import type { FailTask, OpenTask, RunRef } from '../../lib/run/contracts.ts';
import { die } from './dying.ts';
import { BUG_ROUTES, OWN_ROUTES } from './error-routes.ts';

/**
 * Use cases that only play a script, `<task>~<name of the error>`, which travels as the address of the drops to open-run and as the
 * run's id from there on. The script `Items~` makes every item of every Map throw, each another error.
 */

/** Errors that items and tasks of a script throw. */
export const SCRIPTED = [...Object.keys(OWN_ROUTES), ...Object.keys(BUG_ROUTES), 'Runtime.ExitError'];

/** Name of the task of a step; require-complete has five. */
const taskOf = (step: Step): string => step.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());

const CHECKS: Readonly<Record<string, string>> = {
  'ingest-drop': 'RequireIngest',
  'fold-shard': 'RequireFold',
  'score-shard': 'RequireScore',
  'publish-segments': 'RequirePublish',
  'project-shard': 'RequireProject',
};

interface Input {
  readonly runId?: string;
  readonly run?: RunRef;
  readonly request?: OpenTask['request'];
  readonly step?: string;
  readonly batch?: number;
  readonly shard?: number;
  readonly segment?: string;
}

export function play(step: Step): (input: unknown) => Promise<unknown> {
  return async (given) => {
    const input = given as Input;
    const script = input.request?.dropsUrl ?? input.runId ?? input.run?.runId ?? '';
    const [task, name = ''] = script.split('~');
    const item = input.batch ?? input.shard ?? input.segment;
    if (item !== undefined) return die(SCRIPTED[Number(item)] as string);
    if (task === (input.step ? CHECKS[input.step] : taskOf(step))) return die(name);
    if (step === 'plan-run' && task === 'FailRun') return die('ConfigError');
    return answer(step, given, script);
  };
}

function answer(step: Step, given: unknown, script: string): unknown {
  if (step === 'fail-run') return { state: 'FAILED', name: (given as FailTask).error.Error, message: '' };
  const run = { runId: script, runSeq: 1 };
  if (step === 'open-run') return { decision: 'go', run, from: '2026-03-01', to: '2026-03-01', resumed: false };
  if (step !== 'plan-run') return {};
  const items = script.startsWith('Items~') ? SCRIPTED.map((_, index) => index) : [];
  return {
    batches: items.map((batch) => ({ ...run, batch })),
    shards: items.map((shard) => ({ ...run, shard })),
    publications: items.map((segment) => ({ ...run, segment: String(segment), destination: 'd' })),
  };
}
