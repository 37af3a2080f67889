/** One change of a customer's stage, as `transitions` prints it or as the rule of fixed days makes it. */
export interface StageChange {
  readonly customer: string;
  /** Epoch day of the night. */
  readonly day: number;
  /** Null for a first stage. */
  readonly from: string | null;
  readonly to: string;
  /** A restatement corrects the past; it is not a step. */
  readonly isRestated: boolean;
}

/** Purchase days of each customer, epoch days, ascending, each once. */
export type PurchaseDays = ReadonlyMap<string, readonly number[]>;

/** How calm a history of stages was. */
export interface Calmness {
  readonly customers: number;
  readonly steps: number;
  readonly restated: number;
  /** Steps that are none of the 13 edges, changes that do not begin where the one before ended, restatements on any other night. */
  readonly illegal: number;
  /** Changes A to B and back to A within 14 days, restatements included, no purchase after the first of them. */
  readonly bounces: number;
  /** The night, none of the baseline, on which the largest share of the customers changed stage without a purchase that night. */
  readonly worstNight: { readonly day: number; readonly share: number } | undefined;
  /** Steps into `churned`, restatements into it, and steps out of it into `returned`. */
  readonly churned: number;
  readonly churnedByRestatement: number;
  readonly returned: number;
  /** Days since the last purchase of those who stepped into `churned`, median; undefined when nobody did. */
  readonly silenceAtChurnDays: number | undefined;
}

/** The steps that docs/lifecycle.md allows, written down here once more: the table of the engine is not asked. */
const EDGES = new Set([
  'prospect new',
  'new growing',
  'growing loyal',
  'declining growing',
  'declining loyal',
  'churned returned',
  'returned growing',
  'returned loyal',
  'new declining',
  'growing declining',
  'loyal declining',
  'returned declining',
  'declining churned',
]);

const BOUNCE_DAYS = 14;

/**
 * @param changes in the order of their nights, each customer's in the order of happening
 * @param baseline epoch days of the baseline nights; nobody's data came late, so nothing may be restated on others
 */
export function calmnessOf(changes: readonly StageChange[], purchases: PurchaseDays, baseline: ReadonlySet<number>): Calmness {
  const steps = changes.filter(({ isRestated }) => !isRestated);
  const count = (of: readonly StageChange[], from: string, to: string) =>
    of.filter((change) => (from === '' || change.from === from) && change.to === to).length;
  const churning = steps.filter(({ to }) => to === 'churned');
  const silences = churning.map(({ customer, day }) => day - lastOf(purchases.get(customer) ?? [], day)).sort((a, b) => a - b);
  return {
    customers: new Set(changes.map(({ customer }) => customer)).size,
    steps: steps.length,
    restated: changes.length - steps.length,
    ...twistsOf(changes, purchases, baseline),
    worstNight: worstNight(changes, purchases, baseline),
    churned: churning.length,
    churnedByRestatement: count(changes, '', 'churned') - churning.length,
    returned: count(steps, 'churned', 'returned'),
    silenceAtChurnDays: silences[silences.length >> 1],
  };
}

/** Illegal steps and bounces, from each customer's last two changes. */
function twistsOf(
  changes: readonly StageChange[],
  purchases: PurchaseDays,
  baseline: ReadonlySet<number>,
): Pick<Calmness, 'illegal' | 'bounces'> {
  const latest = new Map<string, StageChange>();
  let [illegal, bounces] = [0, 0];
  for (const change of changes) {
    const { customer, day, from, to, isRestated } = change;
    const before = latest.get(customer);
    if (from !== (before?.to ?? null)) illegal++;
    else if (isRestated && !baseline.has(day)) illegal++;
    else if (from !== null && !isRestated && !EDGES.has(`${from} ${to}`)) illegal++;
    const isBack = before !== undefined && before.from === to && day - before.day <= BOUNCE_DAYS;
    if (isBack && lastOf(purchases.get(customer) ?? [], heardOf(change)) <= heardOf(before)) bounces++;
    latest.set(customer, change);
  }
  return { illegal, bounces };
}

/** Last day whose purchases had been heard of: a restatement is of the day before, and comes before the night's own purchases. */
const heardOf = ({ day, isRestated }: StageChange): number => (isRestated ? day - 1 : day);

function worstNight(
  changes: readonly StageChange[],
  purchases: PurchaseDays,
  baseline: ReadonlySet<number>,
): Calmness['worstNight'] {
  const byNight = new Map<number, { known: number; moved: Set<string> }>();
  const known = new Set<string>();
  for (const { customer, day, from } of changes) {
    known.add(customer);
    const night = byNight.get(day) ?? { known: 0, moved: new Set() };
    night.known = known.size;
    if (from !== null && lastOf(purchases.get(customer) ?? [], day) !== day) night.moved.add(customer);
    byNight.set(day, night);
  }
  const nights = [...byNight].filter(([day]) => !baseline.has(day));
  return nights
    .map(([day, night]) => ({ day, share: night.moved.size / night.known }))
    .reduce<Calmness['worstNight']>((worst, night) => (night.share > (worst?.share ?? 0) ? night : worst), undefined);
}

/** The last of some ascending days that is not after `day`; minus infinity when there is none. */
function lastOf(days: readonly number[], day: number): number {
  return days.findLast((one) => one <= day) ?? Number.NEGATIVE_INFINITY;
}
