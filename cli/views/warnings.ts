import { textAt } from '../../lib/arrow/columns.ts';
import { type Play, playsOf, WARNING_PLAYS } from '../../lib/lifecycle/plays.ts';
import { MISSING_SIGNALS, SIGNAL_WORDS } from '../../lib/lifecycle/warning-sentences.ts';
import { STAGES, STAGES_ZH, type Stage, WARNING_LEVELS, WARNING_LEVELS_ZH } from '../../lib/lifecycle/words.ts';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import { counted } from '../../lib/run/counted.ts';
import type { WarnedCustomers } from '../../lib/run/read-warnings.ts';
import { formatDay } from '../../lib/time.ts';
import { count, formatTable } from '../table.ts';

/** Customers that a person is shown. */
const SHOWN = 20;

/** The warned levels, most urgent first. */
const LEVELS = ['critical', 'warning', 'watch'] as const;

type Level = (typeof LEVELS)[number];
type Signal = keyof typeof SIGNAL_WORDS;

/** The warned customers of a date for a person: how many at each level, the first of them with the reasons, and what to do. */
export function warningsText(warned: WarnedCustomers, onlyAlerts: boolean): string {
  const { rows, columns: c, date } = warned;
  if (rows === 0) return `No customer ${onlyAlerts ? 'was alerted' : 'is warned of'} on ${date}.\n`;
  const levels = LEVELS.map((level) => `${count(countOf(c.level, WARNING_LEVELS.indexOf(level)))} ${nameOf(level)}`);
  return [
    `${counted(rows, 'customer')} ${onlyAlerts ? 'alerted' : 'warned of'} on ${date}: ${levels.join(', ')}\n`,
    riskText(warned),
    missingText(warned),
    `\n${shownTable(warned)}`,
    rows > SHOWN ? `  and ${count(rows - SHOWN)} more: --format csv has them all\n` : '',
    signalLegend(warned),
    `\nWhat to do 建议\n${heldOutText(warned)}${playsText(warned)}`,
  ].join('');
}

const nameOf = (level: Level): string => `${level} ${WARNING_LEVELS_ZH[level]}`;

function countOf(codes: Uint8Array, wanted: number): number {
  let found = 0;
  for (const code of codes) if (code === wanted) found++;
  return found;
}

/** What the warnings had to do without, as `explain` says it. */
function missingText({ missing }: WarnedCustomers): string {
  if (missing === null) return '';
  const { en, zh } = MISSING_SIGNALS[missing];
  return `Partial signals: ${en}\n信号不全：${zh}\n`;
}

/** Those who are held out of a segment; '' without any. */
function heldOutText({ rows, columns }: WarnedCustomers): string {
  const customers = Array.from({ length: rows }, (_, row) => textAt(columns.held_out_of, row)).filter((ids) => ids !== '').length;
  if (customers === 0) return '';
  const who = `${counted(customers, 'customer')} held out of a segment, to compare`;
  return `  ${who}\n    Leave them alone by the play of that segment; --format csv names it (held_out_of).\n    对照客户：请勿对其采取该名单的行动。\n`;
}

const moneyOf = (minor: number, currency: string): string => formatMinor(minor, currencyExponent(currency));

function riskText({ columns, currency }: WarnedCustomers): string {
  const known = columns.value_at_risk_minor.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return '';
  const sum = known.reduce((total, value) => total + value, 0);
  return `Value at risk 风险价值: ${moneyOf(sum, currency)} ${currency}\n`;
}

function shownTable(warned: WarnedCustomers): string {
  const { rows, columns: c, currency } = warned;
  const shown = Math.min(rows, SHOWN);
  const heldOutOf = Array.from({ length: shown }, (_, row) => textAt(c.held_out_of, row));
  const holdsOut = heldOutOf.some((ids) => ids !== '');
  const lines = Array.from({ length: shown }, (_, row) => {
    const stage = STAGES[c.stage[row] as number] as Stage;
    const value = c.value_at_risk_minor[row] as number;
    return [
      textAt(c.customer_id, row),
      nameOf(WARNING_LEVELS[c.level[row] as number] as Level),
      formatDay(c.since[row] as number),
      String(c.points[row]),
      reasonsOf(warned, row),
      Number.isNaN(value) ? '-' : moneyOf(value, currency),
      `${stage} ${STAGES_ZH[stage]}`,
      formatDay(c.last_purchase_on[row] as number),
      ...(holdsOut ? [heldOutOf[row] as string] : []),
    ];
  });
  const right = 'right' as const;
  return formatTable(
    [
      { name: 'customer' },
      { name: 'level' },
      { name: 'since' },
      { name: 'points', align: right },
      { name: 'from' },
      { name: `at risk, ${currency}`, align: right },
      { name: 'stage' },
      { name: 'last purchase' },
      ...(holdsOut ? [{ name: 'held out of 对照' }] : []),
    ],
    lines,
  );
}

/** The signals that gave points in the rows from `first` to before `end`. */
const signalsIn = ({ columns: c }: WarnedCustomers, first: number, end: number): Signal[] =>
  (Object.keys(SIGNAL_WORDS) as Signal[]).filter((name) => c[name].subarray(first, end).some((points) => points > 0));

/** What gave the points of a row; a level that is still falling may have none left. */
function reasonsOf(warned: WarnedCustomers, row: number): string {
  const given = signalsIn(warned, row, row + 1);
  if (given.length === 0) return 'earlier signals';
  return given.map((name) => `${SIGNAL_WORDS[name].en} ${warned.columns[name][row]}`).join(', ');
}

/** The signals of the table in Chinese. */
function signalLegend(warned: WarnedCustomers): string {
  const names = signalsIn(warned, 0, SHOWN).map((name) => `${SIGNAL_WORDS[name].en} ${SIGNAL_WORDS[name].zh}`);
  return names.length === 0 ? '' : `  from 信号: ${names.join(', ')}\n`;
}

/** What to do first, by level; by stage where the play of the stage takes the place of that of the level. */
function playsText({ rows, columns: c }: WarnedCustomers): string {
  const groups = new Map<string, { who: string; level: Level; play: Play; customers: number }>();
  for (let row = 0; row < rows; row++) {
    const level = WARNING_LEVELS[c.level[row] as number] as Level;
    const stage = STAGES[c.stage[row] as number] as Stage;
    // nobody who has churned is warned of, so that the silence does not matter
    const [play] = playsOf({ stage, warningLevel: level, silenceDays: null, longGoneDays: 0 }) as [Play];
    const who = play === WARNING_PLAYS[level] ? nameOf(level) : `${nameOf(level)}, ${stage} ${STAGES_ZH[stage]}`;
    const group = groups.get(who);
    if (group) group.customers++;
    else groups.set(who, { who, level, play, customers: 1 });
  }
  return [...groups.values()]
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || b.customers - a.customers)
    .map(({ who, play, customers }) => `  ${who}: ${counted(customers, 'customer')}\n    ${play.en}\n    ${play.zh}\n`)
    .join('');
}
