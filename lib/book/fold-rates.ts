import { textAt } from '../arrow/columns.ts';
import { currencyNumber } from '../money.ts';
import { formatDay } from '../time.ts';
import { canonicalRate, rateName } from './exchange.ts';
import { compareSources } from './facts.ts';
import type { FoldContext } from './fold-context.ts';
import type { FactRow, RateFacts } from './night-facts.ts';
import type { FeedCounts } from './night-fold.ts';

/**
 * Takes the exchange rates of a night. Several values for one date and currency: all are refused, and what was known before stays.
 * A rate of a later night replaces an earlier one, for facts that are applied from then on.
 */
export function foldRates(context: FoldContext, tables: readonly RateFacts[], counts: FeedCounts): void {
  const { rates, rules } = context.book;
  const groups = new Map<string, FactRow<RateFacts>[]>();
  for (const table of tables) {
    for (let row = 0; row < table.rows; row++) {
      const name = rateName(table.columns.rate_on[row] as number, textAt(table.columns.currency, row));
      const group = groups.get(name);
      if (group) group.push({ table, row });
      else groups.set(name, [{ table, row }]);
      counts.rows++;
    }
  }
  for (const [name, group] of groups) {
    group.sort(compareSources);
    const firsts = new Map<string, FactRow<RateFacts>>();
    for (const fact of group) if (!firsts.has(rateOf(fact))) firsts.set(rateOf(fact), fact);
    counts.duplicates += group.length - firsts.size;
    if (firsts.size > 1) {
      counts.conflicts += firsts.size;
      for (const fact of firsts.values()) if (rules.accountsForShared) refuse(context, fact, name);
      continue;
    }
    const { table, row } = group[0] as FactRow<RateFacts>;
    const day = table.columns.rate_on[row] as number;
    const currency = currencyNumber(textAt(table.columns.currency, row));
    const value = rateOf({ table, row });
    if (rates.rateOn(day, currency) === value) counts.duplicates++;
    else {
      rates.set(day, currency, value);
      counts.taken++;
    }
  }
}

const rateOf = ({ table, row }: FactRow<RateFacts>) => canonicalRate(textAt(table.columns.rate, row));

function refuse(context: FoldContext, fact: FactRow<RateFacts>, name: string): void {
  const { columns: c } = fact.table;
  context.refuseRow(fact, {
    feed: 'rates',
    rule: 'RATE_CONFLICT',
    message: `another rate for ${name} came on the same night; none of them is used`,
    fact: {
      date: formatDay(c.rate_on[fact.row] as number),
      currency: textAt(c.currency, fact.row),
      rate: textAt(c.rate, fact.row),
    },
  });
}
