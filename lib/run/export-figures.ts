import { createHash } from 'node:crypto';
import { lakeKeys } from '../keys.ts';
import {
  type ExportFigures,
  encodeExportFigures,
  type GroupOutcomes,
  holdoutFigures,
  type PublicationFigures,
  sumOutcomes,
} from '../report/export-figures.ts';
import { dayOf } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { createOrReadJson } from './json-objects.ts';
import { type RunPlan, readConfig } from './plan.ts';
import { readReceipts } from './receipts.ts';

/** What a manifest tells of a publication, as far as the figures need it. */
export interface PublishedManifest {
  readonly counts: Readonly<Record<string, number>>;
  readonly files: readonly { readonly bytes: number; readonly sha256: string }[];
}

/** The figures of one publication. */
export function publicationFigures(
  { segment, destination }: { readonly segment: string; readonly destination: string },
  { counts, files }: PublishedManifest,
): PublicationFigures {
  const countOf = (role: string) => counts[role] ?? 0;
  return {
    segment,
    destination,
    full: countOf('full'),
    entered: countOf('entered'),
    exited: countOf('exited'),
    holdout: countOf('holdout'),
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: createHash('sha256')
      .update(files.map(({ sha256 }) => `${sha256}\n`).join(''))
      .digest('hex'),
  };
}

/** Writes what a run published and what holding out shows, as JSON and Parquet. An earlier attempt's word counts. */
export async function writeExportFigures(
  deps: RunDeps,
  plan: RunPlan,
  publications: readonly PublicationFigures[],
): Promise<ExportFigures> {
  const place = { generation: plan.generation, dt: plan.to, runId: plan.runId };
  const figures = await createOrReadJson<ExportFigures>(deps.lake, lakeKeys.exportFigures(place, 'json'), async () => {
    const { segments, currency } = await readConfig(deps, plan.configSha256);
    const outcomes = await readOutcomes(deps, plan);
    const base = plan.outcomeOf && { asOf: plan.outcomeOf.dt, days: dayOf(plan.to) - dayOf(plan.outcomeOf.dt) };
    const holding = segments.filter(({ holdoutShare }) => holdoutShare > 0);
    const holdouts = holding.map((segment) => holdoutFigures(segment, base, outcomes));
    return { schemaVersion: 1, date: plan.to, currency, publications, holdouts };
  });
  await deps.lake.create(lakeKeys.exportFigures(place, 'parquet'), encodeExportFigures(figures));
  return figures;
}

async function readOutcomes(deps: RunDeps, plan: RunPlan): Promise<GroupOutcomes[] | null> {
  if (!plan.outcomeOf) return [];
  const receipts = await readReceipts(deps, plan, 'score-shard');
  return sumOutcomes(receipts.map(({ outcomes }) => outcomes ?? null));
}
