import type { PerennialConfig } from '../../config/config.ts';
import type { FeedMapping } from '../../config/mapping.ts';
import { ConfigError } from '../../errors.ts';
import { currencyExponent, formatMinor } from '../../money.ts';
import type { QuarantineEntry } from './read-quarantine.ts';

/** The text with which a row of the quarantine is tried again. @throws ConfigError when the mapping cannot read it */
export function retryLine({ row, fact }: Pick<QuarantineEntry, 'row' | 'fact'>, config: PerennialConfig): string {
  if (!row) return factLine(fact ?? {}, config);
  return row.rawEncoding === 'base64' ? Buffer.from(row.raw, 'base64').toString('utf8') : row.raw;
}

/** A fact that the fold refused, as a line that the mapping of the transactions feed reads. */
function factLine(fact: Readonly<Record<string, unknown>>, config: PerennialConfig): string {
  const mapping: FeedMapping = config.mapping.transactions;
  if (!mapping.dateFormats.includes('iso')) {
    throw new ConfigError(
      `Configuration mapping.transactions: "dateFormats" is ${mapping.dateFormats.join(', ')}, expected iso among them to write facts again. Add "iso".`,
    );
  }
  const currency = typeof fact['currency'] === 'string' ? fact['currency'] : config.currency;
  const values = {
    transaction_id: fact['transaction_id'],
    customer_id: fact['customer_id'],
    occurred_at: fact['occurred_at'],
    amount: formatMinor(Number(fact['amount_minor']), currencyExponent(currency)),
    currency,
    type: fact['type'],
    original_transaction_id: fact['original_transaction_id'],
  };
  return JSON.stringify(Object.fromEntries(Object.entries(values).map(([name, value]) => [sourceName(mapping, name), value])));
}

/** The name under which the source has a column of ours. @throws ConfigError for a position */
function sourceName(mapping: FeedMapping, column: string): string {
  const name = mapping.columns[column] ?? column;
  if (typeof name === 'string') return name;
  throw new ConfigError(
    `Configuration mapping.transactions: "columns.${column}" is the position ${name}, expected a name to write facts again. Name the columns.`,
  );
}
