import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** A source with one line on the wrong side of a wall, and the beginning of what the lint says of it. */
interface Plant {
  readonly room: string;
  /** Where the wall is around one file. */
  readonly file?: string;
  readonly line: string;
  readonly says: string;
}

const PURE = 'Wall: pure rooms';
const DATA = 'Wall: data rooms';
const SDK = 'Wall: lib/store alone knows the AWS SDK';
const ARROW = 'Wall: Arrow is known to';
const INFRA = 'Wall: infra knows names';
const TESTS = 'Wall: nothing outside test and bench';
const load = (from: string) => `import { it } from '${from}'; export const use = it;`;

const FORBIDDEN: Plant[] = [
  ...['rfm', 'clv', 'lifecycle', 'segment'].flatMap((room) => [
    { room: `lib/${room}`, line: load('node:fs/promises'), says: PURE },
    { room: `lib/${room}`, line: load('@aws-sdk/client-s3'), says: PURE },
    { room: `lib/${room}`, line: load('apache-arrow'), says: PURE },
    { room: `lib/${room}`, line: load('../book/fold.ts'), says: PURE },
    { room: `lib/${room}`, line: load('../store/objects.ts'), says: PURE },
    { room: `lib/${room}`, line: load('../config/load.ts'), says: PURE },
    { room: `lib/${room}`, line: 'export const now = Date.now();', says: PURE },
    { room: `lib/${room}`, line: 'export const home = process.cwd();', says: PURE },
    { room: `lib/${room}`, line: 'export const chance = Math.random();', says: PURE },
  ]),
  { room: 'lib/rfm', line: `export const late = () => import('../run/open-run.ts');`, says: PURE },
  { room: 'lib/rfm', line: load('./../store/objects.ts'), says: 'Wall: write a relative import in its shortest form' },
  ...['arrow', 'drop', 'ledger', 'book', 'export', 'report'].flatMap((room) => [
    { room: `lib/${room}`, line: load('@aws-sdk/client-s3'), says: DATA },
    { room: `lib/${room}`, line: load('node:fs'), says: DATA },
    { room: `lib/${room}`, line: load('../store/objects.ts'), says: DATA },
    { room: `lib/${room}`, line: load('../run/open-run.ts'), says: DATA },
    { room: `lib/${room}`, line: load('../../cli/main.ts'), says: DATA },
  ]),
  { room: 'lib/drop/feeds', line: load('../../run/open-run.ts'), says: DATA },
  { room: 'lib/drop/feeds', line: load('../../store/objects.ts'), says: DATA },
  { room: 'lib/drop/feeds', line: load('../../book/fold.ts'), says: DATA },
  { room: 'lib/drop/feeds', line: load('node:fs'), says: DATA },
  { room: 'lib/store', line: load('../run/open-run.ts'), says: 'Wall: lib/store imports' },
  { room: 'lib/store', line: load('apache-arrow'), says: 'Wall: lib/store imports' },
  { room: 'lib/config', line: load('../store/objects.ts'), says: 'Wall: lib/config imports' },
  { room: 'lib/run', line: load('@aws-sdk/client-dynamodb'), says: SDK },
  { room: 'lib/run', line: load('apache-arrow'), says: ARROW },
  { room: 'lib/run', line: load('../../functions/open-run/handler.ts'), says: 'Wall: lib/run composes' },
  { room: 'lib/run', line: load('../../test/support/lake.ts'), says: TESTS },
  { room: 'functions/open-run', line: load('@aws-sdk/client-dynamodb'), says: SDK },
  { room: 'functions/open-run', line: load('apache-arrow'), says: ARROW },
  { room: 'functions/open-run', line: load('../../infra/app.ts'), says: 'Wall: functions call lib' },
  { room: 'functions/open-run', line: load('../../test/support/lake.ts'), says: TESTS },
  { room: 'cli/commands', line: load('@aws-sdk/client-sfn'), says: SDK },
  { room: 'cli/commands', line: load('apache-arrow'), says: ARROW },
  { room: 'cli/commands', line: load('../../bench/run.ts'), says: TESTS },
  { room: 'cli/commands', line: load('../../infra/stacks/app.ts'), says: 'Wall: of infra the command line knows' },
  ...['errors.ts', 'keys.ts', 'metrics.ts'].map((file) => ({
    room: 'lib',
    file,
    line: load('./run/open-run.ts'),
    says: 'Wall: lib/errors.ts, lib/keys.ts and lib/metrics.ts are names alone',
  })),
  { room: 'functions/watch-night', line: load('../../infra/machine/definition.ts'), says: 'Wall: functions call lib' },
  { room: 'infra', line: load('../lib/run/open-run.ts'), says: INFRA },
  { room: 'infra/machine', line: load('../../lib/rfm/segment-map.ts'), says: INFRA },
  { room: 'infra/machine', line: load('../../functions/open-run/handler.ts'), says: INFRA },
  { room: 'infra', line: load('../test/support/lake.ts'), says: TESTS },
];

const LEGAL: Omit<Plant, 'says'>[] = [
  { room: 'lib/rfm', line: load('../clv/fit.ts') },
  { room: 'lib/rfm', line: load('../time.ts') },
  { room: 'lib/segment', line: `import type { It } from '../config/config.ts'; export const use = (it: It) => it;` },
  { room: 'lib/book', line: load('apache-arrow') },
  { room: 'lib/book', line: load('../arrow/table-file.ts') },
  { room: 'lib/ledger', line: load('node:crypto') },
  { room: 'lib/drop', line: `import type { It } from '../store/objects.ts'; export const use = (it: It) => it;` },
  { room: 'lib/drop/feeds', line: load('../record-cursor.ts') },
  { room: 'lib/drop/feeds', line: load('../../ledger/feed-table.ts') },
  { room: 'lib/store', line: load('@aws-sdk/client-s3') },
  { room: 'lib/store', line: load('node:fs/promises') },
  { room: 'lib/run', line: load('../book/fold.ts') },
  { room: 'lib/run', line: load('../store/objects.ts') },
  { room: 'functions/open-run', line: load('../../lib/run/open-run.ts') },
  { room: 'cli/commands', line: load('../../lib/run/open-run.ts') },
  { room: 'cli/local', line: load('../../infra/machine/definition.ts') },
  { room: 'infra/machine', line: load('../../lib/keys.ts') },
  { room: 'infra', line: load('../lib/config/config.ts') },
  { room: 'infra/constructs', line: load('../../lib/metrics.ts') },
  { room: 'bench', line: load('../test/support/lake.ts') },
  { room: 'test/unit', line: load('@aws-sdk/client-s3') },
];

const fileOf = (kind: string, at: number, { room, file = `${kind}-${at}.ts` }: Omit<Plant, 'line' | 'says'>) => `${room}/${file}`;

describe('the walls between the rooms', () => {
  let tree: string;
  const said = new Map<string, string[]>();

  /** A tree with the project's lint rules and one file per plant, linted once: the sources are never touched. */
  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'perennial-walls-'));
    await cp(join(ROOT, '.oxlintrc.json'), join(tree, '.oxlintrc.json'));
    const files = [
      ...FORBIDDEN.map((plant, at) => ({ file: fileOf('forbidden', at, plant), line: plant.line })),
      ...LEGAL.map((plant, at) => ({ file: fileOf('legal', at, plant), line: plant.line })),
    ];
    for (const { file, line } of files) {
      await mkdir(dirname(join(tree, file)), { recursive: true });
      await writeFile(join(tree, file), `${line}\n`);
    }
    const output = await promisify(execFile)(join(ROOT, 'node_modules/.bin/oxlint'), ['-f', 'json'], { cwd: tree }).then(
      () => '{"diagnostics":[]}',
      (error: { stdout: string }) => error.stdout,
    );
    const { diagnostics } = JSON.parse(output) as { diagnostics: { filename: string; message: string; help?: string }[] };
    for (const { filename, message, help } of diagnostics) {
      const file = filename.replaceAll('\\', '/');
      said.set(file, [...(said.get(file) ?? []), `${help ?? ''} ${message}`]);
    }
  });

  afterAll(() => rm(tree, { recursive: true, force: true }));

  it.each(FORBIDDEN.map((plant, at) => ({ ...plant, at })))('$room refuses: $line', ({ says, at, ...plant }) => {
    expect(said.get(fileOf('forbidden', at, plant))).toEqual([expect.stringContaining(says)]);
  });

  it.each(LEGAL.map((plant, at) => ({ ...plant, at })))('$room allows: $line', ({ at, ...plant }) => {
    expect(said.get(fileOf('legal', at, plant))).toBeUndefined();
  });
});
