import { alignedTable } from '../report.ts';
import { ASSUMPTIONS, type CostInputs, type CostLine, monthLines, nightLines, priceOf, usdOf } from './model.ts';

/** Marks between which docs/deploy.md has the tables. */
export const MARKS = { begin: '<!-- cost: begin -->', end: '<!-- cost: end -->' } as const;

const usd = (value: number): string => (value >= 1 ? value.toFixed(2) : value.toFixed(4));
const amount = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
const sum = (lines: readonly CostLine[]): number => lines.reduce((all, line) => all + usdOf(line), 0);

/** A unit price, marked where nobody has compared it with AWS's own page. */
function priceText(line: CostLine): string {
  const { usd: price, unit, confirmed } = priceOf(line);
  return `${price} per ${unit}${confirmed ? '' : ' (unconfirmed)'}`;
}

/** The cost of a million customers as Markdown: a night, a Monday, a month. */
export function describeCost(inputs: CostInputs): string {
  const [ordinary, monday, month] = [nightLines('ordinary', inputs), nightLines('monday', inputs), monthLines(inputs)];
  const nightRows = ordinary.map((line, at) => {
    const other = monday[at] as CostLine;
    return [line.part, priceText(line), amount(line.quantity), usd(usdOf(line)), amount(other.quantity), usd(usdOf(other))];
  });
  const [night, epoch] = [sum(ordinary), sum(monday)];
  nightRows.push(['A night', '', '', usd(night), '', usd(epoch)]);
  const { nightsPerMonth, mondaysPerMonth } = ASSUMPTIONS;
  const nights = night * (nightsPerMonth - mondaysPerMonth) + epoch * mondaysPerMonth;
  const monthRows = [
    [`${nightsPerMonth} nights, every seventh a Monday`, '', '', usd(nights)],
    ...month.map((line) => [line.part, priceText(line), amount(line.quantity), usd(usdOf(line))]),
    ['A month', '', '', usd(nights + sum(month))],
  ];
  const { measured } = inputs;
  const share = (name: 'ordinary' | 'monday') => {
    const { profiles, transitions } = measured.nights[name];
    return `${((100 * profiles) / measured.customers).toFixed(1)} % of the profiles written, ${transitions} stage changes`;
  };
  return [
    'US dollars per million customers, list prices of us-east-1, free tiers left out.',
    '',
    alignedTable(['per night', 'price', 'ordinary: used', 'USD', 'Monday: used', 'USD'], nightRows),
    '',
    alignedTable(['per month', 'price', 'used', 'USD'], monthRows),
    '',
    `Measured on ${measured.customers.toLocaleString('en-US')} generated customers in ${measured.shards} shards: on an ordinary night ${share('ordinary')}, on a Monday (a new model) ${share('monday')}.`,
  ].join('\n');
}
