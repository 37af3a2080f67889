import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDefinition } from '../../cli/local/definition.ts';
import { STEPS } from '../../lib/keys.ts';
import { buildBundles, playedBy } from '../support/bundles.ts';
import { type Moto, startMoto, withShortPauses } from '../support/emulators/moto.ts';
import { expectedRoute, TASKS, type TaskName } from '../support/error-routes.ts';
import { type LambdaCall, LambdaEndpoint } from '../support/lambda-endpoint.ts';
import { SCRIPTED } from '../support/scripted-step.ts';

const MINUTE_MS = 60_000;

/** Executions at once: more are no faster, for moto computes in one thread. */
const AT_ONCE = 12;

/** The functions' variables: the stores are played, their names are only checked. */
const ENV = {
  LAKE_URL: 'file:///nowhere',
  EXPORTS_URL: 'file:///nowhere',
  PROFILES_TABLE: 'none',
  TRANSITIONS_TABLE: 'none',
  RUNS_TABLE: 'none',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
  POWERTOOLS_TRACE_ENABLED: 'false',
};

/** The payload of a call tells its script. */
interface Payload {
  readonly runId?: string;
  readonly run?: { readonly runId: string };
  readonly request?: { readonly dropsUrl: string };
  readonly step?: string;
  readonly error?: { readonly Error: string };
  readonly batch?: number;
  readonly shard?: number;
  readonly segment?: string;
}

const isItem = (task: TaskName) => 'check' in expectedRoute(task, 'TypeError');

describe('every error from every task, on another engine and from the minified bundles', () => {
  let folder: string;
  let moto: Moto;
  let machine: string;
  const lambda = new LambdaEndpoint();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perennial-bundles-'));
    await buildBundles(folder, STEPS, [playedBy({ steps: 'scripted-step.ts', deps: 'scripted-deps.ts' })]);
    moto = await startMoto(await lambda.start());
    machine = await moto.createMachine('Perennial', withShortPauses(await loadDefinition()));
    lambda.serve({ folder, env: ENV, limitMs: MINUTE_MS });
  }, 10 * MINUTE_MS);
  afterAll(async () => {
    await moto?.stop();
    await lambda.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const scriptOf = ({ payload }: LambdaCall): string => {
    const { request, runId, run } = payload as Payload;
    return request?.dropsUrl ?? runId ?? run?.runId ?? '';
  };
  const errorsOf = (script: string) => lambda.calls.filter((call) => scriptOf(call) === script && call.error !== '');
  const runScript = (script: string) =>
    moto.execute(machine, script.replace(/[^A-Za-z]/g, '-'), { dropsUrl: script, to: '2026-03-01' });

  /** Runs scripts, some at once. @returns how each ended */
  async function runScripts(scripts: readonly string[]): Promise<Map<string, Awaited<ReturnType<typeof runScript>>>> {
    const ended = new Map<string, Awaited<ReturnType<typeof runScript>>>();
    const left = [...scripts];
    const take = async () => {
      for (let script = left.shift(); script !== undefined; script = left.shift()) ended.set(script, await runScript(script));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, take));
    return ended;
  }

  it('tries items again as often as it should, lets them end alone, and goes on', { timeout: 15 * MINUTE_MS }, async () => {
    expect(await runScript('Items~')).toMatchObject({ status: 'SUCCEEDED' });
    const found: Record<string, number> = {};
    for (const { step, payload, error } of errorsOf('Items~')) {
      const { batch, shard, segment } = payload as Payload;
      expect(error).toBe(SCRIPTED[Number(batch ?? shard ?? segment)]);
      const key = `${step} ${error}`;
      found[key] = (found[key] ?? 0) + 1;
    }
    const steps = ['ingest-drop', 'fold-shard', 'score-shard', 'publish-segments', 'project-shard'];
    const calls = (name: string) => expectedRoute('FoldShard', name).calls;
    expect(found).toEqual(Object.fromEntries(steps.flatMap((step) => SCRIPTED.map((name) => [`${step} ${name}`, calls(name)]))));
  });

  it('tries tasks on the run again as often as it should, and tells fail-run', { timeout: 15 * MINUTE_MS }, async () => {
    const tasks = (Object.keys(TASKS) as TaskName[]).filter((task) => !isItem(task));
    const cases = tasks.flatMap((task) => SCRIPTED.map((name) => ({ task, name, script: `${task}~${name}` })));
    // The longest first: open-run waits for a lease 60 times.
    cases.sort((a, b) => expectedRoute(b.task, b.name).calls - expectedRoute(a.task, a.name).calls);
    const ended = await runScripts(cases.map(({ script }) => script));
    const told = lambda.calls.filter(({ step }) => step === 'fail-run').map(({ payload }) => payload as Payload);
    const found = cases.map(({ task, name, script }) => {
      const run = task === 'OpenRun' ? 'none' : script;
      const caught = told.filter((payload) => payload.run?.runId === run && (run !== 'none' || payload.error?.Error === name));
      const { status, error } = ended.get(script) as { status: string; error: string };
      return { script, calls: errorsOf(script).length, caught: caught.map((payload) => payload.error?.Error), status, error };
    });
    const expected = cases.map(({ task, name, script }) => {
      const { calls, caught } = expectedRoute(task, name);
      return { script, calls, caught: [caught], status: 'FAILED', error: 'RunFailed' };
    });
    expect(found).toEqual(expected);
  });

  it('tries fail-run again too, and ends with its error', { timeout: 15 * MINUTE_MS }, async () => {
    const names = SCRIPTED;
    const ended = await runScripts(names.map((name) => `FailRun~${name}`));
    const calls = (name: string) => errorsOf(`FailRun~${name}`).filter(({ step }) => step === 'fail-run').length;
    const found = names.map((name) => ({ name, calls: calls(name), error: ended.get(`FailRun~${name}`)?.error }));
    expect(found).toEqual(names.map((name) => ({ name, calls: expectedRoute('Calibrate', name).calls, error: name })));
  });
});
