import { relative } from 'node:path';
import { textAt } from '../../lib/arrow/columns.ts';
import { STAGES, STAGES_ZH, TIERS } from '../../lib/lifecycle/words.ts';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import { readScoresOf } from '../../lib/run/read-results.ts';
import type { RunRecord } from '../../lib/run/run-ledger.ts';
import { dayOf, formatDay, weekdayOf } from '../../lib/time.ts';
import { colours } from '../colours.ts';
import { type HomeOptions, homeDir, type OpenHome } from '../context.ts';
import { nextCommand } from '../next-command.ts';
import { count } from '../table.ts';
import { readKpi, stageTable, tierLine } from './night.ts';
import { rowsText } from './rows.ts';
import { readSegments, segmentTable } from './segments.ts';

/** What the demo did. */
interface DemoDone {
  readonly runs: readonly RunRecord[];
  /** Folder of the truth about the population. */
  readonly truth: string;
  readonly seconds: number;
  /** As they were given. */
  readonly options: HomeOptions;
}

/** The demo's last screen: what happened, for a newcomer. */
export async function describeDemo(home: OpenHome, { runs, truth, seconds, options }: DemoDone): Promise<string> {
  const next = (command: string) => nextCommand(command, options);
  const last = runs.at(-1) as RunRecord;
  const kpi = await readKpi(home, last, last.to);
  const examples = await readExamples(home);
  const nights = runs.slice(1);
  const total = (name: string) => runs.reduce((sum, run) => sum + (run.counts[name] ?? 0), 0);
  const title = (text: string) => `\n${colours.bold(text)}\n`;
  const path = (part: string) => relative(process.cwd(), `${homeDir(options)}/${part}`) || '.';
  return [
    title(`Where ${count(kpi.customers)} customers stand on the morning after ${last.to}`),
    stageTable(kpi),
    `\n${tierLine(kpi)}`,
    title('What happened'),
    `  ${rowsText(settledRows(runs))}.\n`,
    `  ${count(total('transitions'))} stage changes (transitions) and ${count(total('restatements'))} corrections of the past (restatements), each with its reason and evidence.\n`,
    `  An ordinary night changed ${shareOf(nights, false)} % of the profiles in DynamoDB, a night with a new model ${shareOf(nights, true)} %; only these were written.\n`,
    `  All of it took ${seconds.toFixed(0)} s.\n`,
    title('Segments for marketing tools'),
    segmentTable(await readSegments(home.deps, last)),
    title('Three of the customers'),
    ...examples.map(({ text }) => text),
    title('Where everything is'),
    `  ${path('exports/v1')}    segment files; each latest.json points to the newest\n`,
    `  ${path('lake')}          drops, ledger, books, scores, transitions, KPIs, quarantine\n`,
    `  ${relative(process.cwd(), truth)}    the truth about the population of the sample\n`,
    title('Look further'),
    `  ${next('scores --format csv')} | head\n`,
    `  ${next(`transitions --from ${last.to}`)} | head\n`,
    ...examples.slice(0, 1).map(({ id }) => `  ${next(`explain ${id}`)}\n`),
    `  ${next('warnings')}\n`,
    `  ${next('kpis')}\n`,
    `  ${next('segments')}\n`,
    `  ${next('exports')}\n`,
    `  npm run -s perennial -- --help\n`,
  ].join('');
}

/** The rows of several runs: what waited in one and was settled in a later one counts as settled. */
function settledRows(runs: readonly RunRecord[]): RunRecord['counts'] {
  const total = (name: string) => runs.reduce((sum, run) => sum + (run.counts[name] ?? 0), 0);
  const waiting = runs.at(-1)?.counts['pending'] ?? 0;
  const settled = total('waiting') - waiting - total('expired');
  return {
    rows: total('rows'),
    applied: total('applied') + settled,
    copies: total('copies'),
    waiting,
    unreadable: total('unreadable'),
    refused: total('refused') + total('expired'),
    passedOver: total('passedOver'),
  };
}

/** Share of the profiles that nights wrote, in percent: of Mondays, when the model is fitted anew, or of the other days. */
function shareOf(nights: readonly RunRecord[], mondays: boolean): string {
  const chosen = nights.filter((run) => (weekdayOf(dayOf(run.to)) === 0) === mondays);
  const sum = (name: string) => chosen.reduce((total, run) => total + (run.counts[name] ?? 0), 0);
  return ((sum('profilesWritten') / Math.max(sum('profiles'), 1)) * 100).toFixed(1);
}

/** Customers of three stages, the most valuable of each: loyal, declining and returned, as long as there are some. */
async function readExamples(home: OpenHome): Promise<{ id: string; text: string }[]> {
  const { rows, columns: c, currency, words } = await readScoresOf(home.deps, undefined);
  const money = (minor: number) => `${formatMinor(minor, currencyExponent(currency))} ${currency}`;
  const examples: { id: string; text: string }[] = [];
  for (const stage of ['loyal', 'declining', 'returned', 'churned', 'growing', 'new'] as const) {
    let best = -1;
    for (let row = 0; row < rows; row++) {
      if (STAGES[c.stage[row] as number] !== stage) continue;
      if (best < 0 || (c.total_clv_minor[row] as number) > (c.total_clv_minor[best] as number)) best = row;
    }
    if (best < 0 || examples.length >= 3) continue;
    const id = textAt(c.customer_id, best);
    const back = c.p_return[best] as number;
    const text =
      `  ${id}  ${colours.bold(`${stage} ${STAGES_ZH[stage]}`)} since ${formatDay(c.stage_since[best] as number)}\n` +
      `    bought on ${count(c.frequency[best] as number)} days, last ${count(c.recency_days[best] as number)} days ago, for ${money(c.monetary_minor[best] as number)}; ` +
      `RFM ${c.r[best]}${c.f[best]}${c.m[best]} ${words['rfm_segment']?.[c.rfm_segment[best] as number]}, tier ${TIERS[c.tier[best] as number]}\n` +
      (Number.isNaN(back)
        ? ''
        : `    comes back within 90 days with ${(back * 100).toFixed(0)} %; worth ${money(c.clv_minor[best] as number)} in the next year\n`);
    examples.push({ id, text });
  }
  return examples;
}
