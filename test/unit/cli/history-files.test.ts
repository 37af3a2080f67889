import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listHistoryFiles } from '../../../cli/history-files.ts';
import { ConfigError } from '../../../lib/errors.ts';

describe('listHistoryFiles', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'history-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('finds the files of a folder in the order of their names', async () => {
    await mkdir(join(folder, 'shop.d', 'y'), { recursive: true });
    for (const name of ['b.csv', 'y/a.csv', 'notes.md']) await writeFile(join(folder, 'shop.d', name), name);
    await writeFile(join(folder, 'shop.d', 'a.csv.gz'), gzipSync('zipped'));
    const history = await listHistoryFiles(join(folder, 'shop.d/'));
    expect(history.name).toBe('shop.d');
    expect(history.files.map(({ name }) => name)).toEqual(['a.csv.gz', 'b.csv', 'y/a.csv']);
    expect(history.ignored).toEqual(['notes.md']);
    for await (const chunk of history.files[0]?.open() ?? []) expect(Buffer.from(chunk).toString()).toBe('zipped');
  });

  it('takes one file, more than once', async () => {
    await writeFile(join(folder, 'old.txt'), 'x');
    const { name, files } = await listHistoryFiles(join(folder, 'old.txt'));
    expect([name, files.map((file) => file.name)]).toEqual(['old', ['old.txt']]);
    for (let time = 0; time < 2; time++) {
      for await (const chunk of files[0]?.open() ?? []) expect(Buffer.from(chunk).toString()).toBe('x');
    }
  });

  it('throws when there is nothing to read', async () => {
    await expect(listHistoryFiles(join(folder, 'none'))).rejects.toThrow(ConfigError);
    await expect(listHistoryFiles(folder)).rejects.toThrow('no file to read');
  });
});
