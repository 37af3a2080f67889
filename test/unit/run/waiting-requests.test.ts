import { expect, it } from 'vitest';
import { compact } from '../../../lib/run/compact/compact.ts';
import { forget } from '../../../lib/run/forget.ts';
import { askedConfig } from '../../../lib/run/rebuild/asked-config.ts';
import { emptyPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../../support/small-shop.ts';

it('compact tells how many customers wait for a run to erase them, each once', async () => {
  const deps = memoryDeps(emptyPlaces(await smallShopDrops()), SMALL_SHOP_CONFIG);
  const dropsUrl = 'memory:drops';
  await runInMemory({ dropsUrl }, deps);
  const waiting = async () => (await compact(deps, { dryRun: true, progress: () => undefined })).waiting;
  const ask = async (...ids: string[]) => forget({ ids, dropsUrl }, deps, await askedConfig(deps));
  expect(await waiting()).toBe(0);
  await ask('somebody', 'somebody, "else"');
  await ask('a third', 'somebody');
  expect(await waiting()).toBe(3);
  await runInMemory({ dropsUrl }, deps);
  expect(await waiting()).toBe(0);
});
