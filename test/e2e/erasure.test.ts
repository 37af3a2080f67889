import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compact } from '../../lib/run/compact/compact.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import type { ObjectStore } from '../../lib/store/objects.ts';
import { type CommandResult, linesOf } from '../support/command-line.ts';
import { GONE, IDENTIFIERS, NIGHTS, RETURNING, writeErasureDrops, writeReturn } from '../support/erasure-drops.ts';
import { readHome, withHome } from '../support/home-state.ts';
import { sessionHere } from '../support/session.ts';
import { filesBelow } from '../support/tree.ts';

const BUYERS = {
  id: 'buyers',
  name: { en: 'Buyers', zh: '买家' },
  play: { en: 'Thank', zh: '致谢' },
  where: { frequency: { min: 1 } },
};
const CONFIG = { shards: 2, segments: [BUYERS], gates: { maxMalformedShare: 0.5 } };

/** Every form in which a file's bytes may be read. */
async function textsOf(path: string, bytes: Buffer): Promise<string[]> {
  const plain = path.endsWith('.gz') ? gunzipSync(bytes) : path.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
  const texts = [bytes.toString('latin1'), plain.toString('utf8')];
  if (path.endsWith('.arrow')) texts.push(String(tableFromIPC(bytes).toArray().map(String)));
  if (path.endsWith('.parquet')) {
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
    texts.push(JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
  }
  return texts;
}

/** Files below a home's lake and exports that hold one of the texts, in whatever form. */
async function holders(home: string, wanted: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesBelow(home)) {
    if (!path.startsWith('lake/') && !path.startsWith('exports/')) continue;
    const texts = await textsOf(path, await readFile(join(home, path)));
    if (wanted.some((text) => texts.some((content) => content.includes(text)))) found.push(path);
  }
  return found;
}

/** Content hashes of the lake and the exports; of the logs of compact only that they are there. */
async function hashes(home: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of await filesBelow(home)) {
    if (!path.startsWith('lake/') && !path.startsWith('exports/')) continue;
    const bytes = path.includes('/compacted/') ? '' : await readFile(join(home, path));
    found[path] = createHash('sha256').update(bytes).digest('hex');
  }
  return found;
}

/** Paths that differ between two homes. */
function changed(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((path) => a[path] !== b[path]).sort();
}

/** Compacts until a number of changes was made, then dies. @returns true when it came to its end */
async function compactUntil(deps: RunDeps, writes: number): Promise<boolean> {
  let left = writes;
  const mortal = (store: ObjectStore): ObjectStore => {
    const die =
      <R>(act: (...args: never[]) => Promise<R>) =>
      (...args: never[]): Promise<R> => {
        if (left-- <= 0) throw new Error('killed');
        return act.apply(store, args);
      };
    return new Proxy(store, {
      get(target, name: keyof ObjectStore) {
        const value = target[name];
        if (typeof value !== 'function') return value;
        const method = (value as (...args: never[]) => Promise<unknown>).bind(target);
        return ['rewrite', 'remove', 'replace'].includes(name) ? die(method as never) : method;
      },
    });
  };
  const mortalDeps = { ...deps, lake: mortal(deps.lake), exports: mortal(deps.exports) };
  try {
    await compact(mortalDeps, { dryRun: false, progress: () => undefined });
    return true;
  } catch (error) {
    expect((error as Error).message).toBe('killed');
    return false;
  }
}

describe('a customer who asked to be forgotten', { timeout: 180_000 }, () => {
  let dir: string;
  const home = () => join(dir, 'home');
  const last = NIGHTS.at(-1) as string;
  const rest = ['--workers', '1', '--quiet'];
  const session = async (...commands: string[][]): Promise<CommandResult[]> => {
    const withConfig = commands.map((args) => [...args, ...(args[0] === 'put' ? [] : ['--config', join(dir, 'config.json')])]);
    return sessionHere(home(), withConfig, dir);
  };
  const ok = (result: CommandResult | undefined): string => {
    expect(result?.stderr).not.toMatch(/^error/m);
    expect(result?.code).toBe(0);
    return result?.stdout ?? '';
  };
  let forgotten: CommandResult[];
  let before: CommandResult[];
  let done: CommandResult[];
  let compactedFiles: Record<string, string>;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-erasure-'));
    await writeFile(join(dir, 'config.json'), JSON.stringify(CONFIG));
    await writeErasureDrops(join(dir, 'drops'));
    const first = await session(
      ['put', join(dir, 'drops')],
      ...NIGHTS.slice(0, -1).map((date) => ['run', '--date', date, ...rest]),
    );
    for (const result of first) ok(result);
    before = await session(['scores'], ['quarantine', 'list', '--rule', 'INVALID_AMOUNT', '--json']);
    await writeFile(join(dir, 'ids.csv'), `customer_id\n${RETURNING}\n`);
    forgotten = await session(
      ['forget', GONE],
      ['forget', GONE],
      ['forget', 'nobody-we-know'],
      ['forget', '--file', join(dir, 'ids.csv'), '--requested-at', '2025-03-06T23:59:59Z'],
      ['run', ...rest],
      ['forget', GONE],
    );
    await cp(home(), join(dir, 'uncompacted'), { recursive: true });
  }, 180_000);
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('tells what happens next, once, and accepts customers whom nobody knows', () => {
    const [first, again, unknown, file, run, later] = forgotten;
    expect(ok(before[0])).toContain(GONE);
    expect(ok(first)).toMatch(
      new RegExp(
        `^${GONE}: to be erased\nWritten: .*/dt=2025-03-06/erasures/forget-[0-9a-f]+\\.csv.*\nNext: npm run -s perennial -- run --config .*config.json    \\(from ${last} on`,
      ),
    );
    expect(ok(again)).toMatch(/asked for already.*\nNext: npm run -s perennial -- run/);
    expect(ok(unknown)).toContain('no such customer');
    expect(ok(file)).toMatch(/^From the file: 1 to be erased\n/);
    expect(ok(file)).not.toContain(RETURNING);
    ok(run);
    expect(ok(later)).toMatch(/erased already/);
  });

  it('is gone from scores, transitions, profiles and full lists, and stands once among those who exited', async () => {
    const [now, former, transitions] = await session(['scores'], ['scores', '--date', '2025-03-05'], ['transitions']);
    for (const result of [now, former, transitions]) expect(ok(result)).not.toContain(GONE);
    expect(linesOf(ok(former)).length).toBeGreaterThan(30);
    const files = await filesBelow(home());
    const exported = files.filter((path) => path.startsWith('exports/') && path.includes(`dt=${last}`) && path.endsWith('.gz'));
    const listed = [];
    for (const path of exported)
      if (
        gunzipSync(await readFile(join(home(), path)))
          .toString()
          .includes(GONE)
      )
        listed.push(path);
    // one list for each destination
    expect(listed).toHaveLength(2);
    expect(listed.every((path) => path.includes('/exited-'))).toBe(true);
    const { profiles, transitions: items } = await readHome(home(), join(dir, 'config.json'));
    expect(Object.keys(profiles)).toContain('cust-001');
    expect(JSON.stringify([profiles, items])).not.toContain(GONE);
  });

  it('is gone from what is shown of the quarantine before compact, the rows of others stay', async () => {
    const [now] = await session(['quarantine', 'list', '--rule', 'INVALID_AMOUNT', '--json']);
    const nights = (result: CommandResult | undefined) =>
      (JSON.parse(ok(result)) as { knownOn: string }[]).map(({ knownOn }) => knownOn);
    expect(nights(before[1])).toEqual(NIGHTS.slice(0, -1));
    expect(nights(now)).toEqual([last]);
  });

  it('begins anew with a purchase after the request', async () => {
    const [now, former, transitions] = await session(['scores'], ['scores', '--date', '2025-03-05'], ['transitions']);
    const of = (result: CommandResult | undefined) => linesOf(ok(result)).filter((line) => line.startsWith(`${RETURNING},`));
    expect(of(now)).toHaveLength(1);
    expect(of(now)[0]).toMatch(new RegExp(`^${RETURNING},${last},${last},${last},0,1,1200,`));
    expect(of(former)).toEqual([]);
    expect(of(transitions)).toEqual([expect.stringMatching(new RegExp(`^${RETURNING},${last},,new,transition,`))]);
    const { transitions: items } = await readHome(home(), join(dir, 'config.json'));
    expect(Object.keys(items).filter((key) => key.startsWith(RETURNING))).toEqual([`${RETURNING} ${last}#1`]);
  });

  it('refuses to compact while an object that nobody knows holds the id', async () => {
    const stray = join(home(), 'lake/drops/dt=2025-03-04/transactions/notes.txt');
    await writeFile(stray, `asked about ${GONE} on the phone\n`);
    const [refused] = await session(['compact', '--yes']);
    expect(refused?.code).toBe(1);
    expect(refused?.stderr).toMatch(/^error: Object .*notes\.txt: holds the id of an erased customer, unknown kind/m);
    expect(await filesBelow(join(home(), 'lake/erasures/compacted'))).toEqual([]);
    await rm(stray);
  });

  it('is gone from every byte after compact, with a proof; nothing else changes', async () => {
    const scores = ok((await session(['scores']))[0]);
    done = await session(
      ['compact', '--dry-run'],
      ['compact', '--yes', '--json'],
      ['compact', '--yes'],
      ['scores'],
      ['exports', '--json'],
    );
    const [plan, compacted, again, same, exports] = done;
    expect(ok(plan)).toMatch(/^Plan: .*Nothing was changed/s);
    expect(ok(again)).toMatch(/^Nothing to do/);
    expect(ok(same)).toBe(scores);
    const { log } = JSON.parse(ok(compacted)) as {
      log: { id: string; customers: unknown[]; rewritten: { kind: string }[]; deleted: { kind: string }[] };
    };
    const kinds = new Set([...log.rewritten, ...log.deleted].map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([
      'book',
      'drop',
      'export',
      'identifiers',
      'index',
      'ledger',
      'membership',
      'quarantine',
      'scores',
      'transitions',
    ]);
    const proof = JSON.parse(await readFile(join(home(), `lake/erasures/compacted/${log.id}.json`), 'utf8')) as typeof log & {
      state: string;
    };
    expect(proof).toMatchObject({ state: 'finished', customers: [{ knownOn: last }, { knownOn: last }, { knownOn: last }] });
    expect(await holders(home(), [GONE, 'nobody-we-know', ...IDENTIFIERS])).toEqual([]);
    const returned = await holders(home(), [RETURNING]);
    expect(returned.filter((path) => !path.includes(last)).map((path) => path.replace(/=[^/]+\//g, '=*/'))).toEqual([]);
    expect(returned).toContain(`lake/drops/dt=${last}/transactions/a.csv`);
    compactedFiles = await hashes(home());
    for (const { files } of JSON.parse(ok(exports)) as {
      files: { key: string; bytes: number; sha256: string; rows: number }[];
    }[]) {
      for (const { key, bytes, sha256, rows } of files) {
        const content = await readFile(join(home(), 'exports', key));
        expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
        const lines = linesOf(gunzipSync(content).toString());
        expect(key.endsWith('.csv.gz') ? lines.length - 1 : lines.filter((line) => line !== '').length).toBe(rows);
      }
    }
  });

  it('ends the same when it is killed again and again', async () => {
    const killed = join(dir, 'uncompacted');
    let ended = false;
    for (let writes = 1; !ended; writes *= 5) {
      ended = await withHome(killed, join(dir, 'config.json'), ({ deps }) => compactUntil(deps, writes));
    }
    expect(changed(await hashes(killed), compactedFiles)).toEqual([]);
  });

  it('cannot be brought back by a rollback, by old drops or by old rows in a new drop', async () => {
    const date = await writeReturn(join(dir, 'later'));
    const [rollback, put] = await session(['rollback'], ['put', join(dir, 'drops'), '--replace']);
    expect(rollback?.code).toBe(2);
    expect(rollback?.stderr).toMatch(/Rollback: .*erased on 2025-03-07, and compaction c000001/);
    expect(ok(put)).toMatch(/^0 of \d+ files copied, [1-9]\d* changed by compaction and not copied/);
    expect(put?.stderr).toMatch(/^note: .*: changed by compaction c000001, not copied\.$/m);
    expect(await holders(home(), [GONE, ...IDENTIFIERS])).toEqual([]);
    const [, run, scores, shown] = await session(['put', join(dir, 'later')], ['run', ...rest], ['scores'], ['runs', '--json']);
    ok(run);
    expect(ok(scores)).not.toContain(GONE);
    expect((JSON.parse(ok(shown)) as { to: string; state: string }[]).at(-1)).toMatchObject({ to: date, state: 'CLOSED' });
    expect(await holders(home(), [GONE])).not.toEqual([]);
    const [compacted] = await session(['compact', '--yes']);
    ok(compacted);
    expect(await holders(home(), [GONE, ...IDENTIFIERS])).toEqual([]);
  });
});
