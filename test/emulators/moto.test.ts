import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDefinition } from '../../cli/local/definition.ts';
import { openHome } from '../../cli/local/home.ts';
import { addDays } from '../../lib/time.ts';
import { buildBundles, playedBy } from '../support/bundles.ts';
import type { CommandResult } from '../support/command-line.ts';
import { EMULATED_REGION } from '../support/emulators/ministack.ts';
import { type Moto, type MotoOutcome, startMoto, withShortPauses } from '../support/emulators/moto.ts';
import type { HomeState } from '../support/home-state.ts';
import { LambdaEndpoint } from '../support/lambda-endpoint.ts';
import { type MortalNight, prepareNight } from '../support/mortal-night.ts';
import { type Notices, openNotices } from '../support/notices.ts';
import { expectNothingShown, expectSameState, recordOf } from '../support/same-state.ts';
import { sessionHere } from '../support/session.ts';

const MINUTE_MS = 60_000;
const RUN = 'r000002-2025-01-06';

/** A file of shard 1 that the night would write. */
const TAKEN = `lake/g=1/books/dt=2025-01-06/run=${RUN}/shard=1/customers.arrow`;

/** The state of a home without its place, and without what only executions of Step Functions leave. */
function comparable(state: HomeState, home: string): HomeState {
  const runs = Object.entries(state.runs).filter(([key]) => !key.startsWith('TOLD '));
  const text = JSON.stringify({ ...state, runs: Object.fromEntries(runs) });
  return JSON.parse(text.replaceAll(home, '/home')) as HomeState;
}

describe('a night on another engine, from the minified bundles', () => {
  let night: MortalNight;
  let before: HomeState;
  let moto: Moto;
  let notices: Notices;
  let machine: string;
  const lambda = new LambdaEndpoint();
  const folders = { real: '', faulty: '' };

  beforeAll(async () => {
    night = await prepareNight();
    before = await night.read(await night.copyBase());
    folders.real = join(night.dir, 'bundles');
    folders.faulty = join(night.dir, 'faulty-bundles');
    await buildBundles(folders.real);
    await cp(folders.real, folders.faulty, { recursive: true });
    await buildBundles(folders.faulty, ['fold-shard'], [playedBy({ steps: 'faulty-step.ts' })]);
    moto = await startMoto(await lambda.start());
    notices = await openNotices(moto.endpoint, EMULATED_REGION);
    machine = await moto.createMachine('Perennial', withShortPauses(await loadDefinition()));
  }, 10 * MINUTE_MS);
  afterAll(async () => {
    await moto?.stop();
    await lambda.stop();
    await night?.remove();
  });

  /** Runs the night of 2025-01-06 on a home whose database is this process's. */
  async function runOnMoto(home: string, { folder = folders.real, fault = '', limitMs = MINUTE_MS } = {}): Promise<MotoOutcome> {
    const opened = await openHome(home);
    try {
      const env = {
        ...moto.env,
        ...opened.env,
        AWS_ENDPOINT_URL_SNS: moto.endpoint,
        NOTIFY_TOPIC_ARN: notices.topicArn,
        DEPLOYED_CONFIG: await readFile(night.config, 'utf8'),
        POWERTOOLS_LOG_LEVEL: 'SILENT',
        POWERTOOLS_METRICS_DISABLED: 'true',
        POWERTOOLS_TRACE_ENABLED: 'false',
        PERENNIAL_FAULT: fault,
      };
      lambda.serve({ folder, env, limitMs });
      const request = { to: addDays(night.head, 1), dropsUrl: pathToFileURL(night.drops).href };
      return await moto.execute(machine, home.replace(/[^A-Za-z0-9]/g, '-').slice(-40), request);
    } finally {
      await opened.close();
    }
  }

  /** The same on the local interpreter. */
  async function runHere(home: string): Promise<CommandResult> {
    const args = [...night.commandOf(1), '--config', night.config];
    return (await sessionHere(home, [args], night.dir))[0] as CommandResult;
  }

  /** A home in which something else lies where shard 1 writes its book. */
  async function homeWithTakenKey(): Promise<string> {
    const home = await night.copyBase();
    await mkdir(dirname(join(home, TAKEN)), { recursive: true });
    await writeFile(join(home, TAKEN), 'another book');
    return home;
  }

  it('ends with the files and items that the local interpreter makes', { timeout: 10 * MINUTE_MS }, async () => {
    const [there, here] = [await night.copyBase(), await night.copyBase()];
    const outcome = await runOnMoto(there);
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', error: '' });
    expect(lambda.calls.filter(({ error }) => error !== '')).toEqual([]);
    expect(await runHere(here)).toMatchObject({ code: 0 });
    const [found, expected] = [await night.read(there), await night.read(here)];
    expect(recordOf(found, RUN)).toMatchObject({ state: 'CLOSED', execution: outcome.executionArn });
    expect(found.current?.dt).toBe('2025-01-06');
    expectSameState(comparable(found, there), comparable(expected, here));
    expect(await notices.read()).toEqual([
      expect.objectContaining({ subject: 'Perennial: 2025-01-06 is committed, 1 check to look at' }),
    ]);
  });

  it('ends a night with one failing shard as the local interpreter does', { timeout: 10 * MINUTE_MS }, async () => {
    const [there, here] = [await homeWithTakenKey(), await homeWithTakenKey()];
    expect(await runOnMoto(there)).toMatchObject({ status: 'FAILED', error: 'RunFailed' });
    expect(await runHere(here)).toMatchObject({ code: 1 });
    const [found, expected] = [await night.read(there), await night.read(here)];
    expect(recordOf(found, RUN)).toMatchObject({
      state: 'FAILED',
      error: expect.stringMatching(/^InvariantBrokenError: .*shard=1/),
    });
    expect(found.runs['LEASE -']).toMatchObject({ runId: '', until: 0 });
    expectSameState(comparable(found, there), comparable(expected, here));
    expectNothingShown(found, before);
    expect(await notices.read()).toEqual([expect.objectContaining({ subject: `Perennial: run ${RUN} ended FAILED` })]);
    const called = (step: string) => lambda.calls.filter((call) => call.step === step).map(({ error }) => error);
    expect(called('fold-shard').toSorted()).toEqual(['', 'InvariantBrokenError']);
    expect(called('fail-run')).toEqual(['']);
  });

  it.each([
    ['out of memory', 'Runtime.ExitError', MINUTE_MS],
    ['out of time', 'Sandbox.Timedout', 5000],
  ])('fails the run of a shard that dies without a word: %s', { timeout: 10 * MINUTE_MS }, async (_, name, limitMs) => {
    const home = await night.copyBase();
    const outcome = await runOnMoto(home, { folder: folders.faulty, fault: `fold-shard shard=1 ${name}`, limitMs });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'RunFailed' });
    const folds = lambda.calls.filter(({ step }) => step === 'fold-shard').map(({ error }) => error);
    expect(folds.toSorted()).toEqual(['', name, name]);
    const found = await night.read(home);
    const why = 'ShardFailedError: Step fold-shard: shard=1 left no result and no error';
    expect(recordOf(found, RUN)).toMatchObject({ state: 'FAILED', error: expect.stringContaining(why) });
    expect(found.runs['LEASE -']).toMatchObject({ runId: '', until: 0 });
    expectNothingShown(found, before);
    expect(await notices.read()).toEqual([
      { subject: `Perennial: run ${RUN} ended FAILED`, message: expect.stringContaining(why) },
    ]);
  });
});
