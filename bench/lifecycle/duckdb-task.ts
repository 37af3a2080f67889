import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { configSchema } from '../../lib/config/config.ts';
import { STAGES } from '../../lib/lifecycle/words.ts';
import type { Calibration } from '../../lib/run/engine/epoch-record.ts';
import { dayOf } from '../../lib/time.ts';
import type { LifecycleReport, PartTime } from './perennial-task.ts';

/** What the peer tells on standard output: the next change it does not know. */
export type PeerReport = Omit<LifecycleReport, 'customers' | 'laterParts'>;

/** The rules of a night in SQL, plainly: q of every customer, then one `CASE` per decision. MBG/NBD alone. */
function statementsOf({ date, epoch, tierCuts }: Calibration): Record<string, string> {
  const { stages: rules, tiers, warning } = configSchema.parse({});
  if (epoch?.model !== 'mbg-nbd' || !tierCuts) throw new Error('Calibration of the bench: expected mbg-nbd with tier cuts.');
  // without the exponent DuckDB takes them for decimals, which are ten times as slow
  const double = (value: number) => `${value}e0`;
  const [r, alpha, a, b] = (['r', 'alpha', 'a', 'b'] as const).map((name) => double(epoch.params[name] as number));
  const code = (stage: (typeof STAGES)[number]) => STAGES.indexOf(stage);
  const [isNew, growing, loyal] = [code('new'), code('growing'), code('loyal')];
  const [prospect, declining, churned, returned] = [code('prospect'), code('declining'), code('churned'), code('returned')];
  const day = dayOf(date);
  const alive = (t: string) => `1 / (1 + ${a} / (${b} + x) * pow((${alpha} + ${t}) / (${alpha} + tx), ${r} + x))`;
  const back = (t: string) =>
    `${alive(t)} * (1 - pow((${alpha} + ${t}) / (${alpha} + ${t} + ${rules.returnHorizonDays}), ${r} + x))`;
  const isDeclining = `q < ${rules.decliningQ} AND s >= ${rules.decliningSilenceDays}`;
  const isClear = `q >= ${rules.decliningQ * (1 + rules.clearBandRatio)}`;
  const isGone = `(q < ${rules.churnedQ} AND p < ${rules.churnedReturnProbability} AND s >= ${rules.churnedSilenceDays} OR s >= ${rules.hardCapDays})`;
  const isActive = `stage IN (${isNew}, ${growing}, ${loyal}, ${returned})`;
  const byCount = `CASE WHEN n = 0 THEN ${prospect} WHEN n = 1 THEN ${isNew} WHEN n < ${rules.loyalPurchaseDays} THEN ${growing} ELSE ${loyal} END`;
  const [q1, q2, q3] = warning.inactivityQ;
  const { high, mid } = tierCuts;
  return {
    stages: `
      CREATE TABLE counted AS
      WITH facts AS (SELECT *, n - 1 AS x, last_day - first_day AS tx, ${day} - first_day AS t, ${day} - last_day AS s FROM customers),
      chances AS MATERIALIZED (SELECT *, ${back('t')} AS p, ${back('tx')} AS fresh FROM facts),
      ratios AS MATERIALIZED (SELECT *, p / fresh AS q FROM chances)
      SELECT *,
        CASE WHEN n > 0 AND s = 0 OR NOT (${isActive}) THEN 0 WHEN ${isDeclining} THEN declining_nights + 1
          WHEN ${isClear} THEN 0 ELSE declining_nights END AS declines,
        CASE WHEN n > 0 AND s = 0 OR stage <> ${declining} THEN 0 WHEN ${isGone} THEN churn_nights + 1 ELSE 0 END AS churns
      FROM ratios;
      CREATE TABLE stepped AS SELECT *,
        CASE WHEN stage = 255 THEN ${byCount}
          WHEN n > 0 AND s = 0 THEN CASE WHEN stage = ${churned} THEN ${returned} ELSE ${byCount} END
          WHEN churns >= ${rules.dwellNights} THEN ${churned}
          WHEN declines >= ${rules.dwellNights} THEN ${declining}
          ELSE stage END AS stage_now
      FROM counted`,
    tiers: `
      CREATE TABLE ranked AS SELECT tier, CASE WHEN n = 0 THEN 255
          WHEN total < 0 THEN 0
          WHEN tier = 255 THEN CASE WHEN total > ${high.cut} THEN 2 WHEN total > ${mid.cut} THEN 1 ELSE 0 END
          WHEN ${day} - tier_since < ${tiers.minNights} THEN tier
          WHEN total > CASE WHEN tier = 2 THEN ${high.exit} ELSE ${high.enter} END THEN 2
          WHEN total > CASE WHEN tier >= 1 THEN ${mid.exit} ELSE ${mid.enter} END THEN 1
          ELSE 0 END AS tier_now
      FROM customers`,
    warnings: `
      CREATE TABLE warned AS SELECT CASE WHEN stage_now IN (${prospect}, ${churned}) THEN NULL
          WHEN q < ${q3} THEN 3 WHEN q < ${q2} THEN 2 WHEN q < ${q1} THEN 1 ELSE 0 END AS points
      FROM stepped`,
    KPIs: `
      CREATE TABLE figures AS
      SELECT 'stage' AS what, stage_now AS a, NULL AS b, count(*) AS customers FROM stepped GROUP BY ALL
      UNION ALL SELECT 'tier', tier_now, NULL, count(*) FROM ranked GROUP BY ALL
      UNION ALL SELECT 'flow', stage, stage_now, count(*) FROM stepped WHERE stage <> stage_now GROUP BY ALL
      UNION ALL SELECT 'points', points, NULL, count(*) FROM warned GROUP BY ALL
      UNION ALL SELECT 'bought', NULL, NULL, count(*) FROM stepped WHERE n > 0 AND s = 0`,
  };
}

async function takeNight(dir: string): Promise<PeerReport> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection: DuckDBConnection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await connection.run(`CREATE TABLE customers AS SELECT * FROM read_csv('${join(dir, 'customers.csv')}')`);
  const calibration = JSON.parse(await readFile(join(dir, 'calibration.json'), 'utf8')) as Calibration;
  const parts: Record<string, PartTime> = {};
  for (const [part, statement] of Object.entries(statementsOf(calibration))) {
    const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
    await connection.run(statement);
    const { user, system } = process.cpuUsage(startedCpu);
    parts[part] = { wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
  }
  const figures = (await connection.runAndReadAll('SELECT what, a, b, customers FROM figures')).getRowObjects();
  const stages: number[] = STAGES.map(() => 0);
  const tiers = [0, 0, 0];
  const flows: Record<string, number> = {};
  for (const { what, a, b, customers } of figures) {
    if (what === 'stage') stages[Number(a)] = Number(customers);
    else if (what === 'tier' && Number(a) < 3) tiers[Number(a)] = Number(customers);
    else if (what === 'flow') flows[`${a}-${b}`] = Number(customers);
  }
  return { parts, stages, tiers, flows, peakMb: process.resourceUsage().maxRSS / 1024 };
}

process.stdout.write(JSON.stringify(await takeNight(process.argv[2] ?? '')));
