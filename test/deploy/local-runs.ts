import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Deliveries, NIGHTS, RANGE } from './drops.ts';
import { type CommandPlace, type Perennial, perennialIn } from './perennial.ts';

const CHANGED_CONSTANT = new URL('./changed-constant.ts', import.meta.url);

/** The homes of a run of `test:deploy`. */
export interface LocalHomes {
  /** What the deployed stack must equal. */
  readonly same: string;
  /** As `same`, the nights scored with a changed constant. */
  readonly changed: string;
}

/**
 * Runs the same requests on this machine, the drops delivered in the same order.
 *
 * @param folder takes the homes; the nights of the second go on from a copy of the same history
 */
export async function runLocally(perennial: Perennial, folder: string, drops: Deliveries): Promise<LocalHomes> {
  const homes = { same: join(folder, 'home'), changed: join(folder, 'home-changed') };
  await perennial.well(['put', drops.first, '--home', homes.same]);
  await perennial.well(['run', '--home', homes.same, '--quiet', '--from', RANGE.from, '--to', RANGE.to]);
  await cp(homes.same, homes.changed, { recursive: true });
  await runNights(perennial, homes.same, drops);
  return homes;
}

/** The nights once more, in processes in which one constant of a scoring kernel is another. */
export async function runChanged(changed: string, place: CommandPlace, drops: Deliveries): Promise<void> {
  const NODE_OPTIONS = `--import ${CHANGED_CONSTANT.href}`;
  await runNights(perennialIn({ ...place, env: { ...place.env, NODE_OPTIONS } }), changed, drops);
}

async function runNights(perennial: Perennial, home: string, drops: Deliveries): Promise<void> {
  await perennial.well(['run', '--home', home, '--quiet', '--date', NIGHTS[0]]);
  await perennial.well(['put', drops.second, '--home', home]);
  await perennial.well(['run', '--home', home, '--quiet', '--date', NIGHTS[1]]);
}
