import { type DayOrder, orderByDay, type SaleColumns } from './population.ts';
import { type Uniform, uniformStream } from './random.ts';

/** What a delivered row is. `sale` is the truth; the others are dirt that a pipeline must see through. */
export const DELIVERY_KINDS = [
  'sale',
  'duplicate',
  'refund',
  'void',
  'malformed-amount',
  'missing-customer',
  'other-currency',
] as const;

/** What a delivered row is. */
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

/** How much dirt the drops hold, in rows. Late sales are among the sales; all others are rows of their own. */
export interface DirtCounts {
  duplicates: number;
  partialRefunds: number;
  fullRefunds: number;
  voids: number;
  lateSales: number;
  malformedAmounts: number;
  missingCustomers: number;
  otherCurrencies: number;
}

/** The extra rows beside the sales; every column has one value per extra row. */
export interface ExtraRows {
  /** Position in DELIVERY_KINDS. */
  readonly kind: readonly number[];
  /** Position of the sale that the row copies or corrects. */
  readonly sale: readonly number[];
  /** Day of the event, 0 = first of the window. */
  readonly day: readonly number[];
  /** Seconds since the start of the day of the event. */
  readonly second: readonly number[];
  readonly amountMinor: readonly number[];
}

/** Which rows each drop holds. Rows below `sales.count` are the sales, those from there on are `extras`. */
export interface Deliveries extends DayOrder {
  readonly extras: ExtraRows;
  readonly dirt: DirtCounts;
}

/** Late rows and late copies come 1 to 5 days after their event. */
const MAX_LATE_DAYS = 5;
/** Refunds follow their sale by 1 to 20 days. */
const MAX_REFUND_DAYS = 20;
/** Most refunds (three in five) give back a part, 20 % to 80 %. */
const PARTIAL_REFUND_SHARE = 0.6;
/** Rows that cannot be read are rarer than the other dirt: a tenth of its share, split evenly into two kinds. */
const MALFORMED_RATIO = 0.1;
const OTHER_CURRENCY_RATIO = 0.05;
const SECONDS_UNTIL_VOID = 600;

/**
 * Lays the sales into drops and adds dirt. Pure; the sales are the same whatever the dirt.
 *
 * Each sale has at most one of: a duplicate, a refund, a void, a late delivery, with chance `dirt` each; what would be
 * delivered after the window is left out. Every row's drop is the day of its event, except late ones.
 *
 * @param dirt share of the sales, 0..0.2
 */
export function planDeliveries(sales: SaleColumns, days: number, dirt: number, seed: number): Deliveries {
  const counts: DirtCounts = {
    duplicates: 0,
    partialRefunds: 0,
    fullRefunds: 0,
    voids: 0,
    lateSales: 0,
    malformedAmounts: 0,
    missingCustomers: 0,
    otherCurrencies: 0,
  };
  const extras = {
    kind: [] as number[],
    sale: [] as number[],
    day: [] as number[],
    second: [] as number[],
    amountMinor: [] as number[],
  };
  const extraDeliveredDay: number[] = [];
  const saleDeliveredDay = dirt > 0 ? sales.day.slice() : sales.day;
  const uniform = uniformStream(seed, 1);

  const add = (
    kind: DeliveryKind,
    sale: number,
    deliveredDay: number,
    event: { day: number; second: number; amountMinor: number },
  ) => {
    extras.kind.push(DELIVERY_KINDS.indexOf(kind));
    extras.sale.push(sale);
    extras.day.push(event.day);
    extras.second.push(event.second);
    extras.amountMinor.push(event.amountMinor);
    extraDeliveredDay.push(deliveredDay);
  };

  for (let sale = 0; dirt > 0 && sale < sales.count; sale++) {
    const event = eventOf(sales, sale);
    const { day } = event;
    const pick = Math.floor(uniform() / dirt);
    if (pick === 0) {
      const deliveredDay = uniform() < 0.5 ? day : day + drawDays(uniform, MAX_LATE_DAYS);
      if (deliveredDay < days) {
        add('duplicate', sale, deliveredDay, event);
        counts.duplicates++;
      }
    } else if (pick === 1) {
      const refundDay = day + drawDays(uniform, MAX_REFUND_DAYS);
      const partial = uniform() < PARTIAL_REFUND_SHARE;
      const share = partial ? 0.2 + 0.6 * uniform() : 1;
      if (refundDay < days) {
        const amountMinor = Math.max(1, Math.round(event.amountMinor * share));
        add('refund', sale, refundDay, { day: refundDay, second: event.second, amountMinor });
        if (amountMinor < event.amountMinor) counts.partialRefunds++;
        else counts.fullRefunds++;
      }
    } else if (pick === 2) {
      const voidDay = day + (uniform() < 0.7 ? 0 : 1);
      if (voidDay < days) {
        add('void', sale, voidDay, { ...event, day: voidDay, second: event.second + SECONDS_UNTIL_VOID });
        counts.voids++;
      }
    } else if (pick === 3) {
      const deliveredDay = day + drawDays(uniform, MAX_LATE_DAYS);
      if (deliveredDay < days) {
        saleDeliveredDay[sale] = deliveredDay;
        counts.lateSales++;
      }
    }
    const odd = uniform() / dirt;
    if (odd < MALFORMED_RATIO / 2) {
      add('malformed-amount', sale, day, event);
      counts.malformedAmounts++;
    } else if (odd < MALFORMED_RATIO) {
      add('missing-customer', sale, day, event);
      counts.missingCustomers++;
    } else if (odd < MALFORMED_RATIO + OTHER_CURRENCY_RATIO) {
      add('other-currency', sale, day, event);
      counts.otherCurrencies++;
    }
  }

  if (extraDeliveredDay.length === 0) return { ...orderByDay(saleDeliveredDay, sales.second, days), extras, dirt: counts };
  const rows = sales.count + extraDeliveredDay.length;
  const deliveredDay = new Int32Array(rows);
  const second = new Int32Array(rows);
  deliveredDay.set(saleDeliveredDay);
  deliveredDay.set(extraDeliveredDay, sales.count);
  second.set(sales.second);
  second.set(extras.second, sales.count);
  return { ...orderByDay(deliveredDay, second, days), extras, dirt: counts };
}

function eventOf(sales: SaleColumns, sale: number): { day: number; second: number; amountMinor: number } {
  return {
    day: sales.day[sale] as number,
    second: sales.second[sale] as number,
    amountMinor: sales.amountMinor[sale] as number,
  };
}

/** A whole number of days, 1 to `most`. */
function drawDays(uniform: Uniform, most: number): number {
  return 1 + Math.floor(uniform() * most);
}
