import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLine } from '../../../cli/counting-line.ts';
import { scratchBookOfShards } from '../../../cli/local/scratch-books.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { ConfigError } from '../../../lib/errors.ts';
import { settleDropDates } from '../../../lib/run/scratch-ledger.ts';
import { openObjectStore } from '../../../lib/store/objects.ts';
import { deliver, plainDays } from '../../support/plain-drops.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-scratch-'));
  vi.stubEnv('TMPDIR', dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

it('refuses drops of another currency than the configuration after their last book, and leaves nothing behind', async () => {
  await deliver(join(dir, 'drops'), plainDays('2025-03-01', [2]));
  const dropsUrl = pathToFileURL(join(dir, 'drops')).href;
  const dates = await settleDropDates(openObjectStore(dropsUrl), undefined);
  const take = async (currency: string) => {
    const sizes: number[] = [];
    const request = { ...dates, dropsUrl, config: parseConfig({ currency }, 'test') };
    for await (const book of scratchBookOfShards(request, silentLine)) sizes.push(book.size);
    return sizes;
  };
  expect(await take('USD')).toEqual([2]);
  const refused = take('EUR');
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(
    /^Drops file:.*: no sale counted, and no exchange rate for 2 rows in USD, expected rows in EUR/,
  );
  expect(await readdir(dir)).toEqual(['drops']);
});
