import type { PerennialConfig } from '../../lib/config/config.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { readConfig, readPlan } from '../../lib/run/plan.ts';
import { readReceipts } from '../../lib/run/receipts.ts';
import type { RunRecord } from '../../lib/run/run-ledger.ts';
import { formatTable } from '../table.ts';

/** A segment of a run, with what was published of it. */
export type PublishedSegment = PerennialConfig['segments'][number] & {
  readonly asOf: string;
  /** Customers by role; the same for every destination. */
  readonly counts: Readonly<Record<string, number>>;
  readonly destinations: readonly string[];
};

/** The segments that a run published, in the order of its configuration. */
export async function readSegments(deps: RunDeps, { runId }: RunRecord): Promise<PublishedSegment[]> {
  const plan = await readPlan(deps, runId);
  const [{ segments }, receipts] = await Promise.all([
    readConfig(deps, plan.configSha256),
    readReceipts(deps, plan, 'publish-segments'),
  ]);
  return segments.map((segment) => {
    const own = receipts.filter((receipt) => receipt.segment === segment.id);
    return { ...segment, asOf: plan.to, counts: own[0]?.counts ?? {}, destinations: own.map(({ destination }) => destination) };
  });
}

/** Segments with their sizes, one line each, and for whom they are published; who is held out where somebody is. */
export function segmentTable(segments: readonly PublishedSegment[]): string {
  const holdsOut = segments.some(({ holdoutShare }) => holdoutShare > 0);
  const roles = {
    [holdsOut ? 'exported' : 'members']: 'full',
    ...(holdsOut && { 'held out': 'holdout' }),
    entered: 'entered',
    exited: 'exited',
  };
  const table = formatTable(
    [{ name: 'segment' }, { name: '名称' }, ...Object.keys(roles).map((name) => ({ name, align: 'right' as const }))],
    segments.map(({ id, name, counts }) => [id, name.zh, ...Object.values(roles).map((role) => counts[role] ?? 0)]),
  );
  const destinations = [...new Set(segments.flatMap((segment) => segment.destinations))];
  return `${table}${destinations.length === 0 ? '' : `  each for ${destinations.join(', ')}\n`}`;
}
