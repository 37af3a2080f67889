import { purchasesAfter } from '../book/purchases-after.ts';
import type { ShardBook } from '../book/shard-book.ts';
import { ContractMismatchError } from '../errors.ts';
import type { GroupOutcomes } from '../report/export-figures.ts';
import { dayOf, type EpochDay } from '../time.ts';
import type { RunDeps } from './deps.ts';
import type { RunPlan } from './plan.ts';
import { type MemberFile, readMembers } from './score-files.ts';

/**
 * What became of a shard's members of the publication that the plan compares: those who were exported, and those who were held out,
 * by segment. Customers who were erased since are in neither group.
 *
 * @param book of the run's last date
 * @returns null when scores or membership of that date are gone or of a version that is no longer read: a figure is lost, no night
 */
export async function tallyOutcomes(
  deps: Pick<RunDeps, 'lake'>,
  { outcomeOf, generation }: RunPlan,
  shard: number,
  book: ShardBook,
): Promise<GroupOutcomes[] | null> {
  if (!outcomeOf) return [];
  const { dt, runId, segments } = outcomeOf;
  let members: MemberFile;
  try {
    members = await readMembers(deps, { generation, dt, runId, shard });
  } catch (error) {
    if (error instanceof ContractMismatchError) return null;
    throw error;
  }
  return tallyMembers(members, segments, book, dayOf(dt));
}

/** Adds up what the members of segments did after a day. */
function tallyMembers(members: MemberFile, segments: readonly string[], book: ShardBook, since: EpochDay): GroupOutcomes[] {
  const tallies = segments.map((segment) => ({
    segment,
    bit: 1 << members.segments.indexOf(segment),
    treated: { customers: 0, buyers: 0, netMinor: 0 },
    heldOut: { customers: 0, buyers: 0, netMinor: 0 },
  }));
  const wanted = tallies.reduce((all, { bit }) => all | bit, 0);
  const { bytes, offsets } = members.ids;
  for (let row = 0; row < members.rows; row++) {
    const [treated, heldOut] = [members.bits[row] as number, members.heldOut[row] as number];
    if (((treated | heldOut) & wanted) === 0) continue;
    const slot = book.findSlot(bytes, offsets[row] as number, offsets[row + 1] as number);
    if (slot < 0) continue;
    const { days, netMinor } = purchasesAfter(book, slot, since);
    for (const tally of tallies) {
      const group = (treated & tally.bit) !== 0 ? tally.treated : (heldOut & tally.bit) !== 0 ? tally.heldOut : undefined;
      if (!group) continue;
      group.customers++;
      group.buyers += days > 0 ? 1 : 0;
      group.netMinor += netMinor;
    }
  }
  return tallies.map(({ segment, treated, heldOut }) => ({ segment, treated, heldOut }));
}
