import type { TestCustomer, TestInteraction } from './feed-facts.ts';
import type { SourcedFact } from './naive-book.ts';

/** A row with the file that it came from. */
export type Sourced<T> = T & { readonly source: string; readonly line: number };

/** What became known on one night, of all feeds. */
export interface NaiveNight {
  readonly facts: readonly SourcedFact[];
  readonly interactions: readonly Sourced<TestInteraction>[];
  readonly customers: readonly Sourced<TestCustomer>[];
  readonly rates: readonly Sourced<{ readonly day: number; readonly currency: string; readonly rate: string }>[];
  readonly erasures: readonly Sourced<{ readonly customer: string; readonly second: number }>[];
}

/** What is known of a customer beside purchases. */
export interface NaivePerson {
  country: string;
  signedUpDay: number | undefined;
  consentEmail: number | undefined;
  email: string;
  phone: string;
  /** True once a row of the customers feed told of the customer. */
  isListed: boolean;
  readonly interactions: Map<string, { readonly content: string; readonly day: number }>;
}

const DAY = 86_400;
const contentOf = ({ day, second = 0, kind = 'visit', score, channel = '' }: TestInteraction) =>
  JSON.stringify([day, second, kind, score, channel]);

/** The rules of the customers, interactions and erasures feeds written down again. */
export class NaivePeople {
  readonly people = new Map<string, NaivePerson>();
  readonly counts = { taken: 0, duplicates: 0, conflicts: 0, refused: 0, outdated: 0, erased: 0 };
  readonly #refused: string[];
  /** Customer -> second up to which facts are erased. */
  readonly #erased = new Map<string, number>();

  constructor(refused: string[]) {
    this.#refused = refused;
  }

  know(customer: string): NaivePerson {
    let person = this.people.get(customer);
    if (!person) {
      const nothing = { country: '', signedUpDay: undefined, consentEmail: undefined, email: '', phone: '', isListed: false };
      person = { ...nothing, interactions: new Map() };
      this.people.set(customer, person);
    }
    return person;
  }

  isErased(customer: string, second: number): boolean {
    const until = this.#erased.get(customer);
    return until !== undefined && second <= until;
  }

  /** @returns who is forgotten tonight */
  erase(rows: NaiveNight['erasures']): Set<string> {
    const gone = new Set<string>();
    for (const { customer, second } of rows) {
      if (this.isErased(customer, second)) continue;
      this.#erased.set(customer, second);
      this.people.delete(customer);
      gone.add(customer);
    }
    return gone;
  }

  fold(night: number, { customers, interactions }: Pick<NaiveNight, 'customers' | 'interactions'>): void {
    const at = ({ updatedAt, signedUpDay }: TestCustomer) =>
      updatedAt ?? (signedUpDay === undefined ? Number.NEGATIVE_INFINITY : signedUpDay * DAY);
    const taken = customers.filter((row) => !this.isErased(row.customer, at(row)));
    const key = ({ signedUpDay, country = '', consentEmail, email = '', phone = '' }: TestCustomer) => [
      signedUpDay ?? -1,
      country,
      consentEmail ?? 255,
      email === '' ? 0 : 1,
      phone === '' ? 0 : 1,
      email,
      phone,
    ];
    taken.sort((a, b) => {
      if (a.updatedAt !== b.updatedAt) return (a.updatedAt ?? -1) - (b.updatedAt ?? -1);
      const [left, right] = [key(a), key(b)];
      const place = left.findIndex((value, i) => value !== right[i]);
      return place < 0 ? 0 : (left[place] as string) < (right[place] as string) ? -1 : 1;
    });
    for (const { customer, country = '', signedUpDay, consentEmail, email = '', phone = '' } of taken) {
      Object.assign(this.know(customer), { country, signedUpDay, consentEmail, email, phone, isListed: true });
    }
    this.#interact(night, interactions);
  }

  #interact(night: number, rows: NaiveNight['interactions']): void {
    for (const { interactions } of this.people.values()) {
      for (const [id, { day }] of interactions) if (day <= night - 90) interactions.delete(id);
    }
    const byId = new Map<string, Map<string, Sourced<TestInteraction>>>();
    for (const row of rows.toSorted((a, b) => (a.source === b.source ? a.line - b.line : a.source < b.source ? -1 : 1))) {
      if (this.isErased(row.customer, row.day * DAY + (row.second ?? 0))) {
        this.counts.erased++;
        continue;
      }
      const name = JSON.stringify([row.customer, row.id]);
      byId.set(name, byId.get(name) ?? new Map());
      const contents = byId.get(name) as Map<string, Sourced<TestInteraction>>;
      if (contents.has(contentOf(row))) this.counts.duplicates++;
      else contents.set(contentOf(row), row);
    }
    for (const contents of byId.values()) {
      const isAlone = contents.size === 1;
      for (const [content, row] of contents) this.#interactOnce(night, row, content, isAlone);
    }
  }

  #interactOnce(night: number, row: Sourced<TestInteraction>, content: string, isAlone: boolean): void {
    const known = this.people.get(row.customer)?.interactions.get(row.id);
    const refuse = (rule: string) => this.#refused.push(`${row.source}:${row.line} ${rule}`);
    if (known?.content === content) this.counts.duplicates++;
    else if (known || !isAlone) {
      this.counts.conflicts++;
      refuse('CONFLICT');
    } else if (row.day > night + 2) {
      this.counts.refused++;
      refuse('FUTURE_EVENT');
    } else {
      const { interactions } = this.know(row.customer);
      if (row.day <= night - 90) this.counts.outdated++;
      else {
        this.counts.taken++;
        interactions.set(row.id, { content, day: row.day });
      }
    }
  }
}
