import { gunzipSync } from 'node:zlib';
import type { PerennialConfig } from '../config/config.ts';
import type { QuarantinedRow } from '../drop/row-rules.ts';
import { DataQualityGateError, InvalidDropError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import { STAGES } from '../lifecycle/words.ts';
import { formatRange } from '../time.ts';
import type { Counts, RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { createJson } from './json-objects.ts';
import { type RunPlan, readConfig, readPlan } from './plan.ts';
import { type FoldReceipt, type IngestReceipt, readReceipts, type ScoreReceipt } from './receipts.ts';
import { sumOf } from './sum.ts';

/** One check of a run: what was found and what was expected. */
export interface Check {
  readonly name: string;
  readonly severity: 'error' | 'warn';
  readonly passed: boolean;
  readonly observed: number;
  readonly expected: number;
}

/** `runs/R/verdict.json`. */
export interface Verdict {
  readonly passed: boolean;
  readonly checks: readonly Check[];
}

/**
 * Verifies that nothing was lost or made up: rows, customers, money and stages are conserved; and that not too many rows were
 * unreadable.
 *
 * @throws DataQualityGateError when conservation is broken: the run is held
 * @throws InvalidDropError when the share of unreadable rows is above `gates.maxMalformedShare` (docs/adr/0004)
 */
export async function verifyRun(run: RunRef, deps: RunDeps): Promise<Counts> {
  const plan = await readPlan(deps, run.runId);
  const config = await readConfig(deps, plan.configSha256);
  const [ingested, folded, scored] = await Promise.all([
    readReceipts(deps, plan, 'ingest-drop'),
    readReceipts(deps, plan, 'fold-shard'),
    readReceipts(deps, plan, 'score-shard'),
  ]);
  const checks = [...conservation(ingested, folded, scored), readableShare(ingested, config)];
  const verdict: Verdict = { passed: checks.every(({ passed }) => passed), checks };
  await createJson(deps.lake, lakeKeys.verdict(run.runId), verdict);
  const broken = checks.find(({ name, passed }) => !passed && name !== 'readable_share');
  if (broken) {
    throw new DataQualityGateError(
      `Run ${run.runId}: check ${broken.name} found ${broken.observed}, expected ${broken.expected}. The run is held and nothing was published; see ${lakeKeys.verdict(run.runId)}.`,
    );
  }
  if (!verdict.passed) throw await tooManyRefused(deps, plan, ingested, config);
  return { checks: checks.length };
}

/** What must be equal on both sides of every step. */
function conservation(
  ingested: readonly IngestReceipt[],
  folded: readonly FoldReceipt[],
  scored: readonly ScoreReceipt[],
): Check[] {
  const sources = ingested.flatMap((receipt) => receipt.sources);
  const equal = (name: string, observed: number, expected: number): Check => ({
    name,
    severity: 'error',
    passed: observed === expected,
    observed,
    expected,
  });
  const counts = (name: keyof FoldReceipt['counts']) => sumOf(folded, (receipt) => receipt.counts[name]);
  const money = counts('salesMinor') - counts('refundsMinor') - counts('voidedMinor');
  const netChange = sumOf(folded, ({ before, after }) => after.netMinor - before.netMinor);
  return [
    equal(
      'rows_read',
      sumOf(sources, (s) => sumOf(s.files, ({ rows }) => rows) + s.malformed + s.policy),
      sumOf(sources, (s) => s.rows),
    ),
    equal(
      'rows_folded',
      counts('rows'),
      sumOf(sources, (s) => s.accepted),
    ),
    equal('rows_accounted_for', accountedRows(folded), counts('rows')),
    equal('net_minor', netChange, money),
    equal(
      'net_minor_of_passes',
      sumOf(scored, ({ after }) => after.netMinor),
      sumOf(folded, ({ after }) => after.netMinor),
    ),
    equal(
      'customers_of_passes',
      sumOf(scored, ({ after }) => after.customers),
      sumOf(folded, ({ after }) => after.customers),
    ),
    equal(
      'customers_staged',
      sumOf(scored, (receipt) => sumOf(receipt.kpis.at(-1)?.stages ?? [], (n) => n)),
      sumOf(folded, ({ after }) => after.customers),
    ),
    ...stageFlows(scored, equal),
  ];
}

/** Facts applied, dropped, refused or waiting; those that waited before the run are taken off. */
function accountedRows(folded: readonly FoldReceipt[]): number {
  return sumOf(folded, ({ counts: c, before, after }) => {
    const applied = c.sales + c.refunds + c.voids;
    return applied + c.duplicates + c.conflicts + c.expired + after.pending - before.pending;
  });
}

/** Every stage: customers before, plus those who came, less those who went, are the customers after. */
function stageFlows(scored: readonly ScoreReceipt[], equal: (name: string, a: number, b: number) => Check): Check[] {
  return STAGES.map((stage, code) => {
    const before = sumOf(scored, (receipt) => receipt.stagesBefore[code] ?? 0);
    const after = sumOf(scored, (receipt) => receipt.kpis.at(-1)?.stages[code] ?? 0);
    const moved = sumOf(scored, (receipt) =>
      sumOf(receipt.kpis, (kpi) =>
        sumOf([...kpi.flows, ...kpi.restatements], ([from, to, n]) => (to === code ? n : 0) - (from === code ? n : 0)),
      ),
    );
    return equal(`stage_${stage}`, after, before + moved);
  });
}

/** Share of rows that could not be read; rows of which not one was accepted count as unreadable, whatever their rule. */
function readableShare(ingested: readonly IngestReceipt[], config: PerennialConfig): Check {
  const sources = ingested.flatMap((receipt) => receipt.sources);
  const rows = sumOf(sources, (source) => source.rows);
  const accepted = sumOf(sources, (source) => source.accepted);
  const refused = accepted === 0 ? rows : sumOf(sources, (source) => source.malformed);
  const observed = rows === 0 ? 0 : refused / rows;
  const expected = config.gates.maxMalformedShare;
  return { name: 'readable_share', severity: 'error', passed: observed <= expected, observed, expected };
}

async function tooManyRefused(
  deps: RunDeps,
  plan: RunPlan,
  ingested: readonly IngestReceipt[],
  config: PerennialConfig,
): Promise<InvalidDropError> {
  const sources = ingested.flatMap((receipt) => receipt.sources);
  const rows = sumOf(sources, (source) => source.rows);
  const noneAccepted = sources.every(({ accepted }) => accepted === 0);
  const kinds: readonly string[] = noneAccepted ? ['malformed', 'policy'] : ['malformed'];
  const first = sources.find((source) => (noneAccepted ? source.quarantine !== '' : source.malformed > 0));
  const example = first ? await firstRefused(deps, plan, first.quarantine, kinds) : '';
  const problem = noneAccepted
    ? `none of ${rows} rows was accepted, expected some`
    : `${sumOf(sources, (source) => source.malformed)} of ${rows} rows could not be read, expected at most ${config.gates.maxMalformedShare * 100} %`;
  const kept = first ? `lake/${first.quarantine}` : 'the quarantine';
  return new InvalidDropError(
    `Drop ${formatRange(plan.from, plan.to)}: ${problem}.${example} Every such row is kept in ${kept}. Correct the rows or the configuration, then run again.`,
  );
}

/** The first row of a quarantine file of one of these kinds, as a sentence. */
async function firstRefused(deps: RunDeps, plan: RunPlan, key: string, kinds: readonly string[]): Promise<string> {
  const lines = gunzipSync(await deps.lake.read(key))
    .toString('utf8')
    .split('\n');
  const rows = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as QuarantinedRow);
  const row = rows.find(({ kind }) => kinds.includes(kind));
  return row ? ` The first: ${plan.dropsUrl}/${row.file} line ${row.line}: ${row.message} (${row.rule}).` : '';
}
