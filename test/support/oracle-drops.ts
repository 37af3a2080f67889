import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What to draw. */
export interface OracleShop {
  readonly timeZone: string;
  /** First business date, `YYYY-MM-DD`. */
  readonly from: string;
  /** Nights. */
  readonly days: number;
  readonly customers: number;
  readonly sales: number;
  readonly seed: number;
  /** Instants (ISO 8601 with Z) from which an hour is drawn more often: where the clocks change. */
  readonly oddHours: readonly string[];
  /** First and last dates between which sales are copied, given back and spoiled. */
  readonly busy: readonly (readonly [string, string])[];
}

interface Row {
  readonly id: string;
  readonly customer: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly form: TimeForm;
  /** Minor units. */
  readonly minor: number;
  readonly type: 'sale' | 'refund' | 'void';
  readonly original?: string;
  /** The text instead of a well-formed field. */
  readonly spoiled?: Partial<Record<'customer' | 'amount' | 'currency' | 'at' | 'type', string>>;
  readonly zeros?: number;
}

const TIME_FORMS = ['utc', 'own', 'far', 'local', 'date'] as const;
type TimeForm = (typeof TIME_FORMS)[number];

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id\n';

/** Uniform numbers in [0, 1), the same for a seed (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const dayAfter = (date: string, days: number) => dateOf(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS);

/**
 * Draws a shop's raw drops: sales, partial, full and excess refunds, refunds without an original, before it and of none, voids,
 * copies and conflicts of the same and of later nights, late and future rows, unreadable rows, instants in every notation, near
 * midnight and where the clocks change. Part of the rows comes in files that are added to folders of former dates.
 */
export class OracleDrops {
  readonly #shop: OracleShop;
  readonly #random: () => number;
  readonly #offsets = new Map<number, number>();
  readonly #zone: Intl.DateTimeFormat;
  /** dt -> rows. */
  readonly #rows = new Map<string, Row[]>();
  /** dt of the folder -> rows of the file that comes late. */
  readonly #late = new Map<string, Row[]>();
  #ids = 0;

  constructor(shop: OracleShop) {
    this.#shop = shop;
    this.#random = uniform(shop.seed);
    this.#zone = new Intl.DateTimeFormat('en-CA', {
      timeZone: shop.timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    for (let i = 0; i < shop.sales; i++) this.#draw();
  }

  /** Rows that were drawn. */
  get rows(): number {
    return [...this.#rows.values(), ...this.#late.values()].reduce((sum, rows) => sum + rows.length, 0);
  }

  /** Writes every date's folder, with marker; without the late files. */
  async write(dir: string): Promise<void> {
    for (let n = 0; n < this.#shop.days; n++) {
      const dt = dayAfter(this.#shop.from, n);
      await mkdir(join(dir, `dt=${dt}/transactions`), { recursive: true });
      const rows = this.#rows.get(dt) ?? [];
      const half = Math.floor(rows.length / 2);
      await this.#file(dir, `dt=${dt}/transactions/a.csv`, rows.slice(0, half));
      await this.#file(dir, `dt=${dt}/transactions/b.csv.gz`, rows.slice(half));
      await writeFile(join(dir, `dt=${dt}/_SUCCESS`), '');
    }
  }

  /** Adds the late files to the folders from `from` to `to`. @returns their keys */
  async writeLate(dir: string, from: string, to: string): Promise<string[]> {
    const keys: string[] = [];
    for (const [dt, rows] of [...this.#late].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (dt < from || dt > to) continue;
      keys.push(`dt=${dt}/transactions/late.csv`);
      await this.#file(dir, keys.at(-1) as string, rows);
    }
    return keys;
  }

  #file(dir: string, key: string, rows: readonly Row[]): Promise<void> {
    const text = HEADER + rows.map((row) => this.#line(row)).join('');
    return writeFile(join(dir, key), key.endsWith('.gz') ? gzipSync(text) : text);
  }

  #int = (below: number) => Math.floor(this.#random() * below);
  #chance = (share: number) => this.#random() < share;
  #pick = <T>(values: readonly T[]): T => values[this.#int(values.length)] as T;

  /** Draws a sale and what happens to it. */
  #draw(): void {
    const { customers, oddHours } = this.#shop;
    const n = Math.floor(customers * this.#random() ** 1.5);
    const sale: Row = {
      id: `t${this.#ids++}`,
      customer: n % 97 === 0 ? `客, "${n}"` : `c${n}`,
      at: oddHours.length > 0 && this.#chance(0.02) ? this.#oddInstant() : this.#instant(),
      form: this.#pick(TIME_FORMS),
      minor: this.#chance(0.03) ? 0 : 1 + this.#int(20_000),
      type: 'sale',
    };
    const night = this.#deliver(sale);
    if (night === undefined || !this.#shop.busy.some(([from, to]) => from <= night && night <= to)) return;
    if (this.#chance(0.03)) this.#spoil(sale, night);
    if (this.#chance(0.1)) this.#copy(sale, night);
    if (this.#chance(0.25)) this.#giveBack(sale, night);
    // Another customer may use the same id.
    if (this.#chance(0.005)) this.#put(night, { ...sale, customer: `other-${n}` });
  }

  #instant(): number {
    const begin = Date.parse(`${this.#shop.from}T00:00:00Z`) - DAY_MS;
    const at = begin + Math.floor(this.#random() * (this.#shop.days + 2) * DAY_MS);
    if (!this.#chance(0.1)) return at;
    const midnight = Math.floor((at + this.#offsetMs(at)) / DAY_MS) * DAY_MS - this.#offsetMs(at);
    return midnight + this.#pick([-1000, -1, 0, 1, 1000]);
  }

  #oddInstant(): number {
    return Date.parse(this.#pick(this.#shop.oddHours)) - 3_600_000 + this.#int(4 * 3_600_000);
  }

  /** @returns the date of the folder, undefined when that lies outside */
  #deliver(row: Row): string | undefined {
    const day = this.#localDate(row.at);
    const shift = this.#chance(0.04) ? 1 + this.#int(30) : this.#chance(0.015) ? -1 - this.#int(4) : 0;
    return this.#put(dayAfter(day, shift), row);
  }

  #put(dt: string, row: Row): string | undefined {
    if (dt < this.#shop.from || dt > dayAfter(this.#shop.from, this.#shop.days - 1)) return undefined;
    const rows = this.#chance(0.03) ? this.#late : this.#rows;
    rows.set(dt, [...(rows.get(dt) ?? []), row]);
    return dt;
  }

  #spoil(sale: Row, night: string): void {
    const spoiled = this.#pick<Row['spoiled'] & object>([
      { customer: '' },
      { amount: '12.345' },
      { amount: '1,5' },
      { amount: '-3.00' },
      { amount: '' },
      { currency: 'ZZZ' },
      { currency: '' },
      { at: '2025-02-30' },
      { at: 'yesterday' },
      { at: '' },
      { type: 'SALE' },
      { type: 'void' },
    ]);
    this.#put(night, { ...sale, id: `t${this.#ids++}`, spoiled });
  }

  /** The same again, in the same or another notation, or with another content. */
  #copy(sale: Row, night: string): void {
    const on = dayAfter(night, this.#pick([0, 0, 1, 2, 9, 40]));
    const sameNotation = sale.form === 'date' || sale.form === 'local' ? sale.form : this.#pick(['utc', 'own', 'far'] as const);
    const change = this.#pick(['none', 'none', 'minor', 'at', 'type'] as const);
    const copy: Row = { ...sale, form: sameNotation, zeros: this.#int(3) };
    if (change === 'none') this.#put(on, copy);
    if (change === 'minor') this.#put(on, { ...copy, minor: sale.minor + 1 });
    if (change === 'at') this.#put(on, { ...copy, at: sale.at + 2 * DAY_MS });
    if (change === 'type') this.#put(on, { ...copy, type: 'refund' });
  }

  /** Refunds and voids of a sale: few or many, in any order, of the same night or later, sometimes before it is known. */
  #giveBack(sale: Row, night: string): void {
    const { customers } = this.#shop;
    const parts = this.#pick([1, 1, 1, 2, 3, 4]);
    for (let i = 0; i < parts; i++) {
      const after = this.#pick([-9, -3, -1, 0, 0, 1, 2, 6, 7, 8, 9]);
      const dt = dayAfter(night, after);
      const at = sale.at + this.#pick([0, 1, 60_000, 3_600_000, DAY_MS, Math.max(0, after) * DAY_MS]);
      const row: Row = {
        id: `t${this.#ids++}`,
        customer: this.#chance(0.02) ? `c${this.#int(customers)}` : sale.customer,
        at,
        form: this.#pick(TIME_FORMS),
        minor: this.#pick([sale.minor, Math.floor(sale.minor / 2), Math.floor(sale.minor / 3), sale.minor + 5, 0, 1]),
        type: 'refund',
      };
      const what = this.#random();
      if (what < 0.2) this.#put(dt, row);
      else if (what < 0.35) this.#put(dt, { ...row, type: 'void', minor: 0, original: sale.id });
      else if (what < 0.42) this.#put(dt, { ...row, original: `nobody-${row.id}` });
      else if (what < 0.45) this.#put(dt, { ...row, original: row.id });
      else this.#put(dt, { ...row, original: sale.id });
      if (this.#chance(0.05)) this.#put(dayAfter(dt, this.#pick([0, 1, 3])), row);
    }
  }

  #offsetMs(at: number): number {
    const quarter = Math.floor(at / QUARTER_MS);
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    const parts = Object.fromEntries(
      this.#zone.formatToParts(quarter * QUARTER_MS).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter * QUARTER_MS;
    this.#offsets.set(quarter, offset);
    return offset;
  }

  #localDate(at: number): string {
    return dateOf(at + this.#offsetMs(at));
  }

  #line(row: Row): string {
    const { spoiled = {}, zeros = 0 } = row;
    const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const fields = [
      row.id,
      spoiled.customer ?? row.customer,
      spoiled.at ?? this.#timeText(row),
      spoiled.amount ?? `${(row.minor / 100).toFixed(2)}${'0'.repeat(zeros)}`,
      spoiled.currency ?? 'USD',
      spoiled.type ?? row.type,
      row.original ?? '',
    ];
    return `${fields.map(quoted).join(',')}\n`;
  }

  #timeText({ at, form }: Row): string {
    const text = (offsetMs: number) => new Date(at + offsetMs).toISOString().slice(0, 23);
    const withOffset = (offsetMs: number) => {
      const minutes = Math.abs(offsetMs / 60_000);
      const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
      return `${text(offsetMs)}${offsetMs < 0 ? '-' : '+'}${pad(minutes / 60)}:${pad(minutes % 60)}`;
    };
    const own = this.#offsetMs(at);
    switch (form) {
      case 'utc':
        return `${text(0)}Z`;
      case 'own':
        return withOffset(own);
      case 'far':
        return withOffset(5.5 * 3_600_000);
      case 'local':
        return text(own);
      case 'date':
        return this.#localDate(at);
    }
  }
}
