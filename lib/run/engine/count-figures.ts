import type { PendingReason } from '../../book/pending.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { FEEDS, type Feed } from '../../keys.ts';
import { MATURED_DAYS, type ShardFigures } from '../../report/shard-figures.ts';
import { formatDay } from '../../time.ts';
import { isEpochDate } from './calibrate-date.ts';
import { countInteractions } from './count-interactions.ts';
import { PurchaseCounter } from './count-purchases.ts';
import { epochAt, ReturnCounter } from './count-returns.ts';
import { ValueCounter } from './count-values.ts';
import type { EpochBook } from './epoch-record.ts';
import { PriorNights } from './prior-rows.ts';
import type { ShardTimeline } from './shard-timeline.ts';

type Advanced = ReturnType<ShardTimeline['advance']>;

/** Counts the figures of a shard's nights (docs/kpis.md). One per run: its columns are used again every night. */
export class FigureCounter {
  readonly #epochs: EpochBook;
  readonly #config: PerennialConfig;
  readonly #values = new ValueCounter();
  readonly #purchases = new PurchaseCounter();
  readonly #prior = new PriorNights();
  readonly #returns = MATURED_DAYS.map((days) => new ReturnCounter(days));

  /** @param epochs everything that was ever in force */
  constructor(epochs: EpochBook, config: PerennialConfig) {
    this.#epochs = epochs;
    this.#config = config;
  }

  /** Figures of a night that the timeline has taken. */
  count({ book, state, values: now }: ShardTimeline, day: number, advanced: Advanced): ShardFigures {
    const { recent, all, ...purchases } = this.#purchases.count(book, state.stages, day);
    const { values, levels, valueAtRiskMinor, pending } = this.#values.count(book, state, now);
    const { satisfaction, referrers } = countInteractions(book, state.stages.stage, {
      day,
      badScore: this.#config.warning.badReviewScore,
    });
    const { alerts, alertsRight, alertsWrong } = advanced.warnings;
    return {
      ...purchases,
      values,
      satisfaction,
      referral: { recent, all, referrers },
      matured: isEpochDate(formatDay(day), this.#epochs.firstDataDate, this.#config) ? this.#mature(book, day) : null,
      warnings: { levels, valueAtRiskMinor, alerts, alertsRight, alertsWrong, pending },
      feeds: countFeeds(advanced),
      waiting: countWaiting(book.pending),
    };
  }

  #mature(book: ShardBook, day: number): ShardFigures['matured'] {
    this.#prior.fill(book, day);
    const [near, far] = this.#returns as [ReturnCounter, ReturnCounter];
    const [nearDay, farDay] = MATURED_DAYS.map((days) => day - days) as [number, number];
    return [
      near.count(this.#prior.near, book.size, epochAt(this.#epochs, nearDay), this.#config),
      far.count(this.#prior.far, book.size, epochAt(this.#epochs, farDay), this.#config),
    ];
  }
}

function countFeeds({ counts, feeds, refused }: Advanced): ShardFigures['feeds'] {
  const refusedOf = (feed: Feed) => refused.filter((fact) => fact.feed === feed).length;
  const of = (feed: Feed) => {
    if (feed === 'transactions') return { duplicates: counts.duplicates, refused: refusedOf(feed) };
    // rates are refused in every shard and accounted for by one
    const own = feeds[feed];
    return { duplicates: own.duplicates, refused: own.refused + own.conflicts };
  };
  return Object.fromEntries(FEEDS.map((feed) => [feed, of(feed)])) as ShardFigures['feeds'];
}

function countWaiting(pending: readonly { readonly reason: PendingReason }[]): ShardFigures['waiting'] {
  const waiting: Partial<Record<PendingReason, number>> = {};
  for (const { reason } of pending) waiting[reason] = (waiting[reason] ?? 0) + 1;
  return waiting;
}
