import { STAGES, STAGES_ZH, TIERS_ZH, WARNING_LEVELS_ZH } from '../../lib/lifecycle/words.ts';
import { counted } from '../../lib/run/counted.ts';
import type { Counts, ReplayFigures, StageFlow } from '../../lib/run/whatif/replay-figures.ts';
import type { WhatIf } from '../../lib/run/whatif/what-if.ts';
import { addDays, formatRange } from '../../lib/time.ts';
import { count, formatTable, percent } from '../table.ts';
import { changeTable } from './config.ts';

/** Pairs of stages, and keys without an effect, that are told at most. */
const [PAIRS, KEYS] = [6, 3];

/** A what-if for a person. @param file name of the other configuration's file */
export function whatIfText(found: WhatIf, file: string): string {
  return [
    `What if ${file} had held, ${formatRange(found.from, found.to)}\n`,
    ...notes(found).map((text) => `  ${text}\n`),
    `\n${changeTable(shownChanges(found), ['in force', 'what if'])}`,
    stagesText(found),
    flowsText(found),
    segmentsText(found),
    otherText(`Value tiers on ${found.to}`, found, ({ tiers }) => highestFirst(tiers), TIERS_ZH),
    otherText(`Early warning on ${found.to}`, found, ({ warnings }) => warnings, WARNING_LEVELS_ZH),
    otherText(`RFM segments on ${found.to}`, found, ({ rfmSegments }) => rfmSegments),
  ].join('');
}

function notes(found: WhatIf): string[] {
  const { configRun, withoutEffect, inForce, whatIf } = found;
  const others = counted(withoutEffect.length, 'other change');
  return [
    `In force: the configuration of run ${configRun}.`,
    beginText(found),
    ...baselineNotes('in force', inForce),
    ...baselineNotes('what if', whatIf),
    ...(withoutEffect.length > 0 ? [`No replay shows what ${others} would do: ${some(withoutEffect)}.`] : []),
  ];
}

function beginText({ from, replayedFrom, base }: WhatIf): string {
  const begin = `Replayed from ${replayedFrom}, ${base ? `on the books of ${base.dt} (run ${base.runId})` : 'the first date, on nothing'}`;
  return replayedFrom < from ? `${begin}: none are kept of ${addDays(from, -1)}.` : `${begin}.`;
}

function baselineNotes(side: string, { baselineNights }: ReplayFigures): string[] {
  return baselineNights.map(({ date, reason, restated }) => {
    const why = reason === 'RULES_CHANGED' ? 'the section stages changes' : 'an epoch comes into force';
    return `Baseline night, ${side}: ${date}, for ${why}; stages and tiers are set afresh, ${counted(restated, 'customer')} restated.`;
  });
}

const shownChanges = ({ changes, withoutEffect }: WhatIf) => changes.filter(({ key }) => !withoutEffect.includes(key));

/** The first of some texts. */
function some(texts: readonly string[]): string {
  const rest = texts.length > KEYS ? ` and ${count(texts.length - KEYS)} more` : '';
  return `${texts.slice(0, KEYS).join(', ')}${rest}`;
}

const COLUMNS = [
  { name: 'in force', align: 'right' },
  { name: 'what if', align: 'right' },
  { name: 'difference', align: 'right' },
] as const;

/** A difference with its sign. */
function signed(difference: number, text = count(Math.abs(difference))): string {
  if (difference === 0) return '0';
  return `${difference > 0 ? '+' : '-'}${text}`;
}

const countRow = (name: readonly string[], a: number, b: number) => [...name, count(a), count(b), signed(b - a)];

function stagesText({ to, inForce, whatIf, moved }: WhatIf): string {
  const rows = Object.entries(STAGES_ZH).map(([stage, zh]) =>
    countRow([stage, zh], inForce.stages[stage] ?? 0, whatIf.stages[stage] ?? 0),
  );
  const others = moved.stages.reduce((sum, { customers }) => sum + customers, 0);
  const who = others === 0 ? 'Nobody' : `${count(others)} of ${counted(inForce.customers, 'customer')}`;
  const table = formatTable([{ name: 'stage' }, { name: '' }, ...COLUMNS], rows);
  return `\nStages on ${to}\n${table}  ${who} would have another stage${others === 0 ? '.' : `:\n\n${pairsTable(moved.stages)}`}\n`;
}

/** Who would stand where: the most frequent pairs, then the sum of the others. */
function pairsTable(pairs: WhatIf['moved']['stages']): string {
  const rows = pairs.slice(0, PAIRS).map(({ inForce, whatIf, customers }) => [inForce, whatIf, customers]);
  const rest = pairs.slice(PAIRS).reduce((sum, { customers }) => sum + customers, 0);
  const columns = [{ name: 'in force' }, { name: 'what if' }, { name: 'customers', align: 'right' }] as const;
  return formatTable(columns, rest > 0 ? [...rows, ['others', '', rest]] : rows).trimEnd();
}

/** By the stage that is left, first stages first, then by the one that is entered. */
const rankOf = ({ from, to }: StageFlow) => (from === '' ? 0 : STAGES.indexOf(from) + 1) * STAGES.length + STAGES.indexOf(to);

function flowsText({ from, to, inForce, whatIf }: WhatIf): string {
  const nameOf = (flow: StageFlow) => `${flow.from || '(first)'} → ${flow.to}`;
  const sizes = (figures: ReplayFigures) => new Map(figures.flows.map((flow) => [nameOf(flow), flow.customers]));
  const [a, b] = [sizes(inForce), sizes(whatIf)];
  const names = new Set([...inForce.flows, ...whatIf.flows].sort((x, y) => rankOf(x) - rankOf(y)).map(nameOf));
  const falseShares = [inForce.falseChurn.share, whatIf.falseChurn.share] as const;
  const table = formatTable(
    [{ name: 'stage change' }, ...COLUMNS],
    [
      ...[...names].map((name) => countRow([name], a.get(name) ?? 0, b.get(name) ?? 0)),
      countRow(['all'], inForce.transitions, whatIf.transitions),
      countRow(['restated'], inForce.restated, whatIf.restated),
      ['false churn', ...percents(falseShares)],
      ['busiest night', ...percents([inForce.busiestNight?.share ?? null, whatIf.busiestNight?.share ?? null])],
    ],
  );
  return [
    `\nStage changes, ${formatRange(from, to)}\n`,
    table,
    '  False churn: churned → returned over all who became churned. Busiest night: the largest share\n',
    '  of the customers who changed stage without a purchase on one night, baseline nights left out.\n',
    epochsText(inForce, whatIf),
  ].join('');
}

function epochsText(inForce: ReplayFigures, whatIf: ReplayFigures): string {
  const text = ({ epoch, fits }: ReplayFigures) =>
    `${epoch ?? 'days of silence'} (${counted(fits.accepted, 'fit')} accepted, ${fits.refused} refused)`;
  const [a, b] = [text(inForce), text(whatIf)];
  return `  Epoch at the end: ${a === b ? a : `in force ${a}; what if ${b}`}.\n`;
}

/** Two shares and their difference in percentage points. */
function percents([a, b]: readonly [number | null, number | null]): string[] {
  const text = (share: number | null) => (share === null ? '-' : percent(share, 2));
  const points = a === null || b === null ? '' : signed(b - a, (Math.abs(b - a) * 100).toFixed(2));
  return [text(a), text(b), points];
}

function segmentsText({ to, inForce, whatIf, moved }: WhatIf): string {
  const ids = [...new Set([...Object.keys(inForce.segments), ...Object.keys(whatIf.segments)])];
  const rows = ids.map((id) => {
    const [a, b, both] = [inForce.segments[id], whatIf.segments[id], moved.segmentsInBoth[id]];
    if (a === undefined || b === undefined || both === undefined) return [id, shown(a), shown(b), '', '', ''];
    return [...countRow([id], a, b), count(b - both), count(a - both)];
  });
  const columns = [
    { name: 'segment' },
    ...COLUMNS,
    { name: 'new in it', align: 'right' },
    { name: 'no longer', align: 'right' },
  ] as const;
  const left = [...new Set([...Object.keys(inForce.heldOut), ...Object.keys(whatIf.heldOut)])].map(
    (id) => `${id} ${count(inForce.heldOut[id] ?? 0)} and ${count(whatIf.heldOut[id] ?? 0)}`,
  );
  const note = left.length === 0 ? '' : `  Held out members, who are not exported, count too: ${left.join(', ')}.\n`;
  return `\nSegments on ${to}\n${formatTable(columns, rows)}${note}`;
}

/** Tiers as they are told elsewhere, the best first. */
const highestFirst = (tiers: Counts): Counts => Object.fromEntries(Object.entries(tiers).reverse());

const shown = (size: number | undefined) => (size === undefined ? '-' : count(size));

/** A table of what differs somewhere; one line where nothing does. */
function otherText(
  title: string,
  { inForce, whatIf }: WhatIf,
  of: (figures: ReplayFigures) => Counts,
  zh: Readonly<Record<string, string>> = {},
): string {
  const [a, b] = [of(inForce), of(whatIf)];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  if (names.every((name) => a[name] === b[name])) return `\n${title}: no difference.\n`;
  const rows = names.map((name) => countRow([name, zh[name] ?? ''], a[name] ?? 0, b[name] ?? 0));
  return `\n${title}\n${formatTable([{ name: '' }, { name: '' }, ...COLUMNS], rows)}`;
}
