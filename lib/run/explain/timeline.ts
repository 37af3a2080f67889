import { NO_INT } from '../../arrow/columns.ts';
import { changeSentence } from '../../lifecycle/change-sentences.ts';
import { interactionSentence, knownLater, purchaseEventSentence, refusalSentence } from '../../lifecycle/event-sentences.ts';
import type { Sentence } from '../../lifecycle/sentences.ts';
import { currencyExponent, formatMinor } from '../../money.ts';
import { type BusinessDate, dayOf, type EpochDay, formatDay } from '../../time.ts';
import type { OwnChange } from './own-changes.ts';
import type { OwnHistory, OwnInteraction, OwnRefusal, OwnTransaction } from './own-history.ts';

/** What a line of a timeline tells of, in the order of lines of one day and instant. */
export const ENTRY_KINDS = ['signup', 'interaction', 'sale', 'refund', 'void', 'refused', 'restated', 'transition'] as const;

/** Something that happened to or with a customer. */
export interface TimelineEntry extends Sentence {
  /** Day on which it happened; of a correction the night on which it became known. */
  readonly on: BusinessDate;
  /** Night on which the books learnt of it. */
  readonly knownOn: BusinessDate;
  readonly kind: (typeof ENTRY_KINDS)[number];
  /** What the sentence is made from, by kind. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** An amount with its currency. */
export const moneyText = (minor: number, currency: string): string =>
  `${formatMinor(minor, currencyExponent(currency))} ${currency}`;

/**
 * One customer's purchases, refunds, voids, interactions, refused rows, stage changes and corrections, by the day on which each
 * happened; sales of one day are one line. Within a day by instant, that of the first of a line; what is known by its date alone
 * comes first, and what the night made of the day last.
 */
export function timelineOf(history: OwnHistory, changes: readonly OwnChange[]): TimelineEntry[] {
  const firstOf = (group: readonly { readonly at: number }[]) => Math.min(...group.map(({ at }) => at));
  const placed: { readonly at: number; readonly entry: TimelineEntry }[] = [
    ...signups(history).map((one) => ({ at: Number.NEGATIVE_INFINITY, entry: one })),
    ...groups(history.interactions, ({ kind, score, day, knownOn }) => [kind, score, day, knownOn]).map((group) => ({
      at: firstOf(group),
      entry: interactionEntry(group),
    })),
    ...groups(history.transactions, keyOf).map((group) => ({ at: firstOf(group), entry: transactionEntry(group, history) })),
    ...history.refusals.map((one) => ({ at: one.at, entry: refusalEntry(one) })),
    ...changes.map((change) => ({ at: Number.POSITIVE_INFINITY, entry: changeEntry(change) })),
  ];
  // changes of one night keep their order: a correction may come before or after a step
  const order = ({ kind }: TimelineEntry) => Math.min(ENTRY_KINDS.indexOf(kind), ENTRY_KINDS.indexOf('restated'));
  placed.sort((a, b) => {
    if (a.entry.on !== b.entry.on) return a.entry.on < b.entry.on ? -1 : 1;
    return a.at === b.at ? order(a.entry) - order(b.entry) : a.at - b.at;
  });
  return placed.map(({ entry: one }) => one);
}

/** Items of the same key together, in the order of the first of each. */
function groups<T>(items: readonly T[], keyOfItem: (item: T) => readonly unknown[]): T[][] {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = JSON.stringify(keyOfItem(item));
    const group = found.get(key);
    if (group) group.push(item);
    else found.set(key, [item]);
  }
  return [...found.values()];
}

/** Transactions of one line: one day and night, and what became of them. */
const keyOf = ({ type, day, knownOn, currency, isVoided, waits, original }: OwnTransaction) => [
  type,
  day,
  knownOn,
  currency,
  isVoided,
  waits?.reason,
  type === 'sale' ? '' : original,
];

function entry(
  kind: TimelineEntry['kind'],
  { day, knownOn }: { readonly day: EpochDay; readonly knownOn: EpochDay },
  sentence: Sentence,
  details: TimelineEntry['details'],
): TimelineEntry {
  const [on, known] = [formatDay(day), formatDay(knownOn)];
  return { on, knownOn: known, kind, ...(knownOn > day ? knownLater(sentence, known) : sentence), details };
}

/** The sign-up day that the customers feed gave, unless an interaction tells of it too. */
function signups({ book, slot, interactions }: OwnHistory): TimelineEntry[] {
  const day = slot < 0 ? NO_INT : (book.customers.signedUpDay[slot] as number);
  if (day === NO_INT || interactions.some((one) => one.kind === 'signup' && one.day === day)) return [];
  // the books keep the day alone, not the night on which it became known
  return [entry('signup', { day, knownOn: day }, interactionSentence('signup', null, 1), {})];
}

function interactionEntry(group: readonly OwnInteraction[]): TimelineEntry {
  const [first] = group as [OwnInteraction];
  const sentence = interactionSentence(first.kind, first.score, group.length);
  return entry('interaction', first, sentence, { kind: first.kind, score: first.score, count: group.length });
}

function transactionEntry(group: readonly OwnTransaction[], history: OwnHistory): TimelineEntry {
  const [first] = group as [OwnTransaction];
  const { type, currency, isVoided, waits, day } = first;
  const sum = (of: (one: OwnTransaction) => number) => group.reduce((total, one) => total + of(one), 0);
  const amountMinor = type === 'void' ? null : sum((one) => one.amountMinor);
  const waitingMinor = waits && type !== 'void' ? sum((one) => one.waits?.amountMinor ?? 0) : null;
  const original = type === 'sale' ? undefined : history.transactions.find(({ id }) => id === first.original);
  const ofDay = original ? formatDay(original.day) : null;
  const isUndone = type === 'sale' && !waits && !counts(history, day);
  const sentence = purchaseEventSentence({
    type,
    count: group.length,
    amount: amountMinor === null ? null : moneyText(amountMinor, currency),
    ofDay,
    isVoided,
    isUndone,
    waits: waits && {
      reason: waits.reason,
      amount: waitingMinor === null || waitingMinor === amountMinor ? null : moneyText(waitingMinor, currency),
    },
  });
  return entry(type, first, sentence, {
    count: group.length,
    amountMinor,
    currency,
    ofDay,
    isVoided,
    isPurchaseDay: type === 'sale' && !waits && !isVoided && !isUndone,
    waits: waits && { reason: waits.reason, amountMinor: waitingMinor },
    transactions: group.map(({ id }) => id),
  });
}

/** True when a day of the customer is a purchase day as known now. */
function counts({ book, slot }: OwnHistory, day: EpochDay): boolean {
  if (slot < 0) return false;
  const { next, day: dates } = book.days;
  for (let node = book.customers.dayHead[slot] as number; node >= 0; node = next[node] as number) {
    if (dates[node] === day) return book.dayCounts(node);
  }
  return false;
}

function refusalEntry({ what, rule, day, knownOn, amountMinor, currency }: OwnRefusal): TimelineEntry {
  const amount = amountMinor === null || what === 'void' ? null : moneyText(amountMinor, currency);
  return entry('refused', { day, knownOn }, refusalSentence(what, amount, rule), { what, rule, amountMinor, currency });
}

function changeEntry(change: OwnChange): TimelineEntry {
  const { asOf, from, to, kind, reason, evidence, ruleVersion } = change;
  const day = dayOf(asOf);
  return entry(kind, { day, knownOn: day }, changeSentence(change), { from, to, reason, evidence, ruleVersion });
}
