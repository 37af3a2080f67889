import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addDays, type BusinessDate, dayOf, formatDay } from '../lib/time.ts';
import { FIXED_DAYS, fixedDaysHistory } from './calm/fixed-days.ts';
import { type Played, perennial, playShop, purchaseDaysOf, type Shop } from './calm/play-shop.ts';
import { type Calmness, calmnessOf } from './calm/stage-history.ts';
import type { Report } from './report.ts';

/** A real shop; the file may not be published and lies beside the repository, where it is there at all. */
const CDNOW = fileURLToPath(new URL('../../shared/data/cdnow/CDNOW_sample.txt', import.meta.url));
const CDNOW_MAPPING = fileURLToPath(new URL('../examples/cdnow.mapping.json', import.meta.url));
const START = '2024-01-01' as BusinessDate;

/** Share of the customers that may change stage without a purchase on a night outside the baseline. */
const MOST_MOVED_SHARE = 0.03;

/** Generated shops. */
export interface CalmSizes {
  readonly customers: number;
  readonly days: number;
}

/** Every night of a real shop and of two generated ones through the engine with default settings, beside a rule of fixed days. */
export async function benchCalm(dir: string, sizes: CalmSizes): Promise<Report> {
  const rows: string[][] = [];
  const aims: Report['aims'][number][] = [];
  const notes: string[] = [];
  for (const [name, make] of Object.entries(SHOPS)) {
    const shop = await make(join(dir, name), sizes);
    if (!shop) {
      rows.push([name, 'skipped: the file is not there', ...Array<string>(HEAD.length - 2).fill('')]);
      continue;
    }
    const purchases = await purchaseDaysOf(shop);
    const played = await playShop(join(dir, name), shop);
    const calm = calmnessOf(played.changes, purchases, played.baseline);
    if (calm.customers !== purchases.size) throw new Error(`${name}: ${calm.customers} customers, expected ${purchases.size}.`);
    rows.push(rowOf(name, 'stages', calm));
    rows.push(rowOf(name, FIXED_RULE, calmnessOf(fixedDaysHistory(purchases, dayOf(shop.to)), purchases, new Set())));
    notes.push(noteOf(name, shop, played, calm));
    aims.push(...aimsOf(name, calm));
  }
  return { title: 'Calm', head: HEAD, rows, notes: [...NOTES, ...notes], aims };
}

const FIXED_RULE = `${FIXED_DAYS.declining}/${FIXED_DAYS.churned} days`;
const HEAD = [
  'shop',
  'rule',
  'customers',
  'steps',
  'illegal',
  'A-B-A in 14 days',
  'worst night',
  'churned',
  'came back',
  'false churn',
  'days silent when churned',
];

/** Makes the drops of each shop below a folder; undefined where its data is not there. */
const SHOPS: Readonly<Record<string, (dir: string, sizes: CalmSizes) => Promise<Shop | undefined>>> = {
  CDNOW: async (dir) => {
    if (!existsSync(CDNOW)) return undefined;
    await mkdir(dir, { recursive: true });
    await perennial('import', CDNOW, '--split-by', 'occurred_at', '--mapping', CDNOW_MAPPING, '--home', join(dir, 'imported'));
    const drops = resolve(dir, 'imported/lake/drops');
    const dates = (await readdir(drops)).map((name) => name.slice(3)).sort();
    return { drops, from: dates[0] as BusinessDate, to: dates.at(-1) as BusinessDate };
  },
  steady: (dir, sizes) => generated('steady', dir, sizes),
  seasonal: (dir, sizes) => generated('seasonal', dir, sizes),
};

async function generated(population: string, dir: string, { customers, days }: CalmSizes): Promise<Shop> {
  const drops = join(dir, 'drops');
  await mkdir(dir, { recursive: true });
  const sizes = ['--customers', String(customers), '--days', String(days), '--start', START];
  await perennial('generate', '--population', population, ...sizes, '--seed', '1', '--out', drops);
  return { drops, from: START, to: addDays(START, days - 1) };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const count = (n: number) => n.toLocaleString('en-US');

function rowOf(shop: string, rule: string, calm: Calmness): string[] {
  return [
    shop,
    rule,
    count(calm.customers),
    count(calm.steps),
    count(calm.illegal),
    count(calm.bounces),
    percent(calm.worstNight?.share ?? 0),
    count(calm.churned),
    count(calm.returned),
    calm.churned === 0 ? '' : percent(calm.returned / calm.churned),
    calm.silenceAtChurnDays === undefined ? '' : count(calm.silenceAtChurnDays),
  ];
}

function noteOf(name: string, { from, to }: Shop, { baseline, fits }: Played, calm: Calmness): string {
  const nights = [...baseline].map(formatDay).join(', ');
  return [
    `${name}: ${from} to ${to}`,
    `${fits.accepted} fits accepted, ${fits.refused} refused (${fits.refusedForMoved} for moved customers alone)`,
    `baseline nights ${nights || 'none'}, ${count(calm.restated)} restatements, ${count(calm.churnedByRestatement)} of them to churned`,
    `worst night ${calm.worstNight ? formatDay(calm.worstNight.day) : 'none'}.`,
  ].join('; ');
}

function aimsOf(name: string, calm: Calmness): Report['aims'] {
  const share = calm.worstNight?.share ?? 0;
  return [
    { what: `${name}: no illegal step`, found: String(calm.illegal), met: calm.illegal === 0 },
    { what: `${name}: no A-B-A within 14 days without a purchase`, found: String(calm.bounces), met: calm.bounces === 0 },
    {
      what: `${name}: at most 3 % of the customers change stage on a night without buying, baseline nights apart`,
      found: percent(share),
      met: share <= MOST_MOVED_SHARE,
    },
  ];
}

const NOTES = [
  'Nightly from the first day, as one range, with default settings: `import` or `generate`, `run`, then what `transitions` and `calibrations` print, counted by a program that uses nothing of the engine (`bench/calm`). CDNOW is the 1/10 sample of a real shop; `steady` and `seasonal` are populations of `generate` (its `--help` describes them) that follow none of the models.',
  'Steps count first stages too. Illegal: a step that is none of the 13 edges, a change that does not begin where the one before ended, a restatement outside the baseline nights (no data comes late here). A-B-A: back within 14 days with no purchase after the first of the two changes, restatements included.',
  `The other rule of each shop takes fixed days of silence for everybody: declining at ${FIXED_DAYS.declining}, churned at ${FIXED_DAYS.churned}. Stages begin with days of silence too (180 and 365), until the first fit is accepted.`,
  'Worst night: the largest share of the customers known that night who changed stage without buying that night; baseline nights are left out. False churn: steps from churned to returned over steps to churned, as in the KPIs; who was restated to churned on a baseline night is not among the latter, though a return of theirs is among the former. Days silent when churned: median.',
  'Long silences of `steady` are customers who have left for good, so that any rule is right about them and only how soon it says so differs.',
];
