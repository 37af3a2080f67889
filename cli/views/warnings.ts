import { textAt } from '../../lib/arrow/columns.ts';
import { WARNING_PLAYS } from '../../lib/lifecycle/plays.ts';
import { SIGNALS, STAGES, STAGES_ZH, WARNING_LEVELS, WARNING_LEVELS_ZH } from '../../lib/lifecycle/words.ts';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import { counted } from '../../lib/run/counted.ts';
import type { WarnedCustomers } from '../../lib/run/read-warnings.ts';
import { formatDay } from '../../lib/time.ts';
import { count, formatTable } from '../table.ts';

/** Customers that a person is shown. */
const SHOWN = 20;

/** What a signal is called beside its points. */
const SIGNAL_WORDS = {
  inactivity: 'silence',
  slowing: 'slowing',
  complaints: 'complaints',
  reviews: 'reviews',
  refunds: 'refunds',
} as const;

/** The warned levels, most urgent first. */
const LEVELS = ['critical', 'warning', 'watch'] as const;

/** The warned customers of a date for a person: how many at each level, the first of them with the reasons, and what to do. */
export function warningsText(warned: WarnedCustomers, onlyAlerts: boolean): string {
  const { rows, columns: c, date, currency } = warned;
  if (rows === 0) return `No customer ${onlyAlerts ? 'was alerted' : 'is warned of'} on ${date}.\n`;
  const money = (minor: number) => formatMinor(minor, currencyExponent(currency));
  const byLevel = LEVELS.map((level) => countOf(c.level, WARNING_LEVELS.indexOf(level)));
  let [risk, valued] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const value = c.value_at_risk_minor[row] as number;
    if (Number.isNaN(value)) continue;
    risk += value;
    valued++;
  }
  const shown = Math.min(rows, SHOWN);
  const lines = Array.from({ length: shown }, (_, row) => {
    const [level, stage] = [WARNING_LEVELS[c.level[row] as number], STAGES[c.stage[row] as number]] as const;
    const value = c.value_at_risk_minor[row] as number;
    return [
      textAt(c.customer_id, row),
      level ? `${level} ${WARNING_LEVELS_ZH[level]}` : '',
      formatDay(c.since[row] as number),
      String(c.points[row]),
      reasonsOf(warned, row),
      Number.isNaN(value) ? '-' : money(value),
      stage ? `${stage} ${STAGES_ZH[stage]}` : '',
      formatDay(c.last_purchase_on[row] as number),
    ];
  });
  const right = 'right' as const;
  const table = formatTable(
    [
      { name: 'customer' },
      { name: 'level' },
      { name: 'since' },
      { name: 'points', align: right },
      { name: 'from' },
      { name: `at risk, ${currency}`, align: right },
      { name: 'stage' },
      { name: 'last purchase' },
    ],
    lines,
  );
  const levels = LEVELS.map((level, i) => `${count(byLevel[i] as number)} ${level} ${WARNING_LEVELS_ZH[level]}`).join(', ');
  const isPartial = countOf(c.signals, SIGNALS.indexOf('partial')) > 0;
  return [
    `${counted(rows, 'customer')} ${onlyAlerts ? 'alerted' : 'warned of'} on ${date}: ${levels}\n`,
    valued > 0 ? `Value at risk 风险价值: ${money(risk)} ${currency}\n` : '',
    isPartial ? 'Partial signals: without complaints and reviews of the last 90 days, or without a model.\n' : '',
    `\n${table}`,
    rows > shown ? `  and ${count(rows - shown)} more: --format csv has them all\n` : '',
    '\nWhat to do 建议\n',
    ...LEVELS.filter((_, i) => byLevel[i] !== 0).map(
      (level) => `  ${level} ${WARNING_LEVELS_ZH[level]}\n    ${WARNING_PLAYS[level].en}\n    ${WARNING_PLAYS[level].zh}\n`,
    ),
  ].join('');
}

function countOf(codes: Uint8Array, wanted: number): number {
  let found = 0;
  for (const code of codes) if (code === wanted) found++;
  return found;
}

/** The signals that gave points, with them; a level that is still falling may have none left. */
function reasonsOf({ columns: c }: WarnedCustomers, row: number): string {
  const given = Object.entries(SIGNAL_WORDS).filter(([name]) => (c[name as keyof typeof SIGNAL_WORDS][row] as number) > 0);
  if (given.length === 0) return 'earlier signals';
  return given.map(([name, word]) => `${word} ${c[name as keyof typeof SIGNAL_WORDS][row]}`).join(', ');
}
