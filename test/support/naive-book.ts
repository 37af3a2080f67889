import type { FoldCounts } from '../../lib/book/night-fold.ts';
import { currencyExponent } from '../../lib/money.ts';
import type { TestFact } from './facts.ts';
import { type NaiveNight, NaivePeople } from './naive-people.ts';

/** A fact with the file that it came from. */
export interface SourcedFact extends TestFact {
  readonly source: string;
  readonly line: number;
}

interface Waiting {
  readonly fact: SourcedFact;
  reason: string;
  left: number;
  nights: number;
}

interface Known {
  readonly content: string;
  readonly knownOn: number;
  state: 'sale' | 'refund' | 'void' | 'voided' | 'conflict' | 'waiting' | 'expired';
  readonly customer: string;
  readonly day: number;
  readonly amount: number;
  readonly currency: string;
  remaining: number;
  base: number;
}

const contentOf = ({ customer, day, second = 0, amount, currency = '', type = 'sale', original = '' }: TestFact) =>
  JSON.stringify([customer, day, second, amount, currency, type, original]);
const idOf = ({ customer, id }: { customer: string; id: string }) => JSON.stringify([customer, id]);

/** a / b rounded half away from zero, for a >= 0 and b > 0. */
const rounded = (a: bigint, b: bigint) => a / b + (2n * (a % b) >= b ? 1n : 0n);

/** An amount in minor units of a currency as cents of USD, by a rate as a decimal text. */
function inCents(amount: number, currency: string, rate: string): number {
  const decimals = rate.split('.')[1] ?? '';
  const scale = 10n ** BigInt(decimals.length + currencyExponent(currency));
  return Number(rounded(BigInt(amount) * BigInt(rate.replace('.', '')) * 100n, scale));
}

/**
 * The rules of the book written down again, with plain objects and no thought of speed: what the real one is compared with.
 */
export class NaiveBook {
  /** customer -> day -> [standing sales, gross, refunded]. */
  readonly days: Record<string, Record<number, [number, number, number]>> = {};
  readonly people: NaivePeople;
  /** `<day> <currency>` -> rate. */
  readonly rates = new Map<string, string>();
  waiting: Waiting[] = [];
  readonly refused: string[] = [];
  readonly counts: Pick<
    FoldCounts,
    'duplicates' | 'conflicts' | 'expired' | 'refused' | 'erased' | 'erasedPending' | 'sales' | 'refunds' | 'voids'
  > = {
    duplicates: 0,
    conflicts: 0,
    expired: 0,
    refused: 0,
    erased: 0,
    erasedPending: 0,
    sales: 0,
    refunds: 0,
    voids: 0,
  };
  readonly #known = new Map<string, Known>();

  readonly #maxAgeDays: number;

  /** @param maxAgeDays age of a rate that may stand for a day without one */
  constructor(maxAgeDays = 0) {
    this.#maxAgeDays = maxAgeDays;
    this.people = new NaivePeople(this.refused);
  }

  /** Folds a night of all feeds. */
  foldAll(night: number, { facts, rates, ...people }: NaiveNight): void {
    this.#takeRates(rates);
    for (const customer of this.people.erase(people.erasures)) {
      delete this.days[customer];
      this.counts.erasedPending += this.waiting.filter(({ fact }) => fact.customer === customer).length;
      this.waiting = this.waiting.filter(({ fact }) => fact.customer !== customer);
      for (const [id, known] of this.#known) if (known.customer === customer) this.#known.delete(id);
    }
    this.people.fold(night, people);
    const kept = facts.filter(({ customer, day, second = 0 }) => !this.people.isErased(customer, day * 86_400 + second));
    this.counts.erased += facts.length - kept.length;
    this.fold(night, kept);
  }

  #takeRates(rows: NaiveNight['rates']): void {
    const byKey = new Map<string, Map<string, NaiveNight['rates'][number]>>();
    for (const row of rows.toSorted((a, b) => (a.source === b.source ? a.line - b.line : a.source < b.source ? -1 : 1))) {
      const key = `${row.day} ${row.currency}`;
      byKey.set(key, byKey.get(key) ?? new Map());
      const values = byKey.get(key) as Map<string, NaiveNight['rates'][number]>;
      const value = String(Number(row.rate));
      if (!values.has(value)) values.set(value, row);
    }
    for (const [key, values] of byKey) {
      if (values.size === 1) this.rates.set(key, [...values.keys()][0] as string);
      else for (const { source, line } of values.values()) this.refused.push(`${source}:${line} RATE_CONFLICT`);
    }
  }

  /** An amount of a fact in cents; undefined without a rate of its day. */
  #cents(amount: number, { currency, day }: SourcedFact): number | undefined {
    if (currency === undefined) return amount;
    for (let age = 0; age <= this.#maxAgeDays; age++) {
      const rate = this.rates.get(`${day - age} ${currency}`);
      if (rate !== undefined) return inCents(amount, currency, rate);
    }
    return undefined;
  }

  /** Folds a night of transactions. */
  fold(night: number, facts: readonly SourcedFact[]): void {
    const byId = new Map<string, Map<string, SourcedFact>>();
    for (const fact of facts.toSorted((a, b) => (a.source === b.source ? a.line - b.line : a.source < b.source ? -1 : 1))) {
      const contents = byId.get(idOf(fact)) ?? new Map<string, SourcedFact>();
      byId.set(idOf(fact), contents);
      if (contents.has(contentOf(fact))) this.counts.duplicates++;
      else contents.set(contentOf(fact), fact);
    }
    const tried: Waiting[] = [...this.waiting];
    for (const [id, contents] of byId) {
      const known = this.#known.get(id);
      const isNew = !known || known.knownOn < night - 400;
      for (const [content, fact] of contents) {
        if (known && !isNew && known.state === 'expired' && known.content === content) {
          tried.push({ fact, reason: 'NEW', left: known.remaining, nights: 0 });
          this.#known.set(id, { ...known, knownOn: night, state: 'waiting', remaining: 0 });
        } else if (known && !isNew && known.state !== 'conflict' && known.content === content) this.counts.duplicates++;
        else if (contents.size > 1 || !isNew) this.#conflict(fact);
        else tried.push({ fact, reason: 'NEW', left: fact.amount, nights: 0 });
        if (isNew) {
          const state = contents.size > 1 ? 'conflict' : 'waiting';
          const { customer, day, amount, currency = '' } = fact;
          this.#known.set(id, { content, knownOn: night, state, customer, day, amount, currency, remaining: 0, base: 0 });
        }
      }
    }
    const isSale = ({ fact }: Waiting) => (fact.type ?? 'sale') === 'sale';
    const others = tried.filter((one) => !isSale(one));
    others.sort(({ fact: a }, { fact: b }) => a.day - b.day || (a.second ?? 0) - (b.second ?? 0) || (a.id < b.id ? -1 : 1));
    this.waiting = [];
    for (const one of [...tried.filter(isSale), ...others]) this.#try(one, night);
  }

  #conflict({ source, line }: SourcedFact): void {
    this.counts.conflicts++;
    this.refused.push(`${source}:${line} CONFLICT`);
  }

  #try(one: Waiting, night: number): void {
    const reason = this.#apply(one, night);
    if (!reason) return;
    if (reason === 'CURRENCY_MISMATCH') {
      this.counts.refused++;
      this.#giveUp(one, reason);
      return;
    }
    const starts = one.reason === 'NEW' || (one.reason === 'FUTURE_EVENT' && reason !== 'FUTURE_EVENT');
    const nights = starts ? (reason === 'FUTURE_EVENT' ? 2 : 7) : one.nights - 1;
    if (nights > 0) this.waiting.push({ ...one, reason, nights });
    else {
      this.counts.expired++;
      this.#giveUp(one, reason);
    }
  }

  #giveUp({ fact, left }: Waiting, reason: string): void {
    const own = this.#known.get(idOf(fact)) as Known;
    own.state = 'expired';
    own.remaining = left;
    this.refused.push(`${fact.source}:${fact.line} ${reason}`);
  }

  /** @returns why the fact must wait, undefined when it was applied */
  #apply(one: Waiting, night: number): string | undefined {
    const { fact } = one;
    if (fact.day > night) return 'FUTURE_EVENT';
    const own = this.#known.get(idOf(fact)) as Known;
    if ((fact.type ?? 'sale') === 'sale') {
      const base = this.#cents(fact.amount, fact);
      if (base === undefined) return 'MISSING_RATE';
      this.people.know(fact.customer);
      this.days[fact.customer] ??= {};
      const day = this.#day(fact.customer, fact.day);
      day[0]++;
      day[1] += base;
      own.state = 'sale';
      own.remaining = fact.amount;
      own.base = base;
      this.counts.sales++;
      return undefined;
    }
    if (fact.type === 'refund' && fact.original === undefined) return this.#refundLatestDay(one, own);
    const original = this.#known.get(idOf({ customer: fact.customer, id: fact.original ?? '' }));
    if (!original || original.knownOn < night - 400) return 'ORPHAN';
    if (fact.type === 'void') {
      if (original.state !== 'sale') return 'ORPHAN';
      const day = this.#day(fact.customer, original.day);
      day[0]--;
      day[1] -= original.base;
      day[2] -= original.base - this.#baseLeft(original);
      original.state = 'voided';
      original.remaining = 0;
      own.state = 'void';
      this.counts.voids++;
      return undefined;
    }
    if (original.state !== 'sale' && original.state !== 'voided') return 'ORPHAN';
    if (original.currency !== (fact.currency ?? '')) return 'CURRENCY_MISMATCH';
    const taken = Math.min(one.left, original.remaining);
    const before = this.#baseLeft(original);
    original.remaining -= taken;
    if (taken > 0) this.#day(fact.customer, original.day)[2] += before - this.#baseLeft(original);
    one.left -= taken;
    if (one.left > 0) return 'EXCESS_REFUND';
    own.state = 'refund';
    this.counts.refunds++;
    return undefined;
  }

  /** What is left of a sale in cents: its share of the whole. */
  #baseLeft({ base, amount, remaining }: Known): number {
    return amount === 0 ? base : Number(rounded(BigInt(base) * BigInt(remaining), BigInt(amount)));
  }

  #refundLatestDay({ fact, left: foreign }: Waiting, own: Known): string | undefined {
    const left = this.#cents(foreign, fact);
    if (left === undefined) return 'MISSING_RATE';
    const covering = Object.entries(this.days[fact.customer] ?? {})
      .filter(([day, [standing, gross, refunded]]) => Number(day) <= fact.day && standing > 0 && gross - refunded >= left)
      .map(([day]) => Number(day));
    if (covering.length === 0) return 'UNCOVERED_REFUND';
    this.#day(fact.customer, Math.max(...covering))[2] += left;
    own.state = 'refund';
    this.counts.refunds++;
    return undefined;
  }

  #day(customer: string, day: number): [number, number, number] {
    const days = this.days[customer] as Record<number, [number, number, number]>;
    days[day] ??= [0, 0, 0];
    return days[day];
  }
}
