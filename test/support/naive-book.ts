import type { FoldCounts } from '../../lib/book/night-fold.ts';
import type { TestFact } from './facts.ts';

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
  state: 'sale' | 'refund' | 'void' | 'voided' | 'conflict' | 'waiting';
  readonly day: number;
  readonly amount: number;
  remaining: number;
}

const contentOf = ({ customer, day, second = 0, amount, type = 'sale', original = '' }: TestFact) =>
  JSON.stringify([customer, day, second, amount, type, original]);
const idOf = ({ customer, id }: { customer: string; id: string }) => JSON.stringify([customer, id]);

/**
 * The rules of the book written down again, with plain objects and no thought of speed: what the real one is compared with.
 */
export class NaiveBook {
  /** customer -> day -> [standing sales, gross, refunded]. */
  readonly days: Record<string, Record<number, [number, number, number]>> = {};
  waiting: Waiting[] = [];
  readonly refused: string[] = [];
  readonly counts: Pick<FoldCounts, 'duplicates' | 'conflicts' | 'expired' | 'sales' | 'refunds' | 'voids'> = {
    duplicates: 0,
    conflicts: 0,
    expired: 0,
    sales: 0,
    refunds: 0,
    voids: 0,
  };
  readonly #known = new Map<string, Known>();

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
        if (known && !isNew && known.state !== 'conflict' && known.content === content) this.counts.duplicates++;
        else if (contents.size > 1 || !isNew) this.#conflict(fact);
        else tried.push({ fact, reason: 'NEW', left: fact.amount, nights: 0 });
        if (isNew) {
          const state = contents.size > 1 ? 'conflict' : 'waiting';
          this.#known.set(id, { content, knownOn: night, state, day: fact.day, amount: fact.amount, remaining: 0 });
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
    const starts = one.reason === 'NEW' || (one.reason === 'FUTURE_EVENT' && reason !== 'FUTURE_EVENT');
    const nights = starts ? (reason === 'FUTURE_EVENT' ? 2 : 7) : one.nights - 1;
    if (nights > 0) this.waiting.push({ ...one, reason, nights });
    else {
      this.counts.expired++;
      this.refused.push(`${one.fact.source}:${one.fact.line} ${reason}`);
    }
  }

  /** @returns why the fact must wait, undefined when it was applied */
  #apply(one: Waiting, night: number): string | undefined {
    const { fact } = one;
    if (fact.day > night) return 'FUTURE_EVENT';
    const own = this.#known.get(idOf(fact)) as Known;
    if ((fact.type ?? 'sale') === 'sale') {
      this.days[fact.customer] ??= {};
      const day = this.#day(fact.customer, fact.day);
      day[0]++;
      day[1] += fact.amount;
      own.state = 'sale';
      own.remaining = fact.amount;
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
      day[1] -= original.amount;
      day[2] -= original.amount - original.remaining;
      original.state = 'voided';
      original.remaining = 0;
      own.state = 'void';
      this.counts.voids++;
      return undefined;
    }
    if (original.state !== 'sale' && original.state !== 'voided') return 'ORPHAN';
    const taken = Math.min(one.left, original.remaining);
    if (taken > 0) this.#day(fact.customer, original.day)[2] += taken;
    original.remaining -= taken;
    one.left -= taken;
    if (one.left > 0) return 'EXCESS_REFUND';
    own.state = 'refund';
    this.counts.refunds++;
    return undefined;
  }

  #refundLatestDay({ fact, left }: Waiting, own: Known): string | undefined {
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
