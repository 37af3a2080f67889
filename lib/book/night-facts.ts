import type { Columns, TableSpec } from '../arrow/columns.ts';
import type { CUSTOMER_LEDGER, ERASURE_LEDGER, IDENTIFIER_LEDGER, INTERACTION_LEDGER, RATES } from '../arrow/schemas.ts';
import type { FactTable } from './facts.ts';

/** Facts of one ledger file, with where they came from. */
export interface SourcedTable<S extends TableSpec> {
  readonly rows: number;
  readonly columns: Columns<S>;
  /** Key of the drop's file, by row. */
  readonly sourceOf: (row: number) => string;
}

/** One fact of any feed: a row of its table. */
export interface FactRow<T> {
  readonly table: T;
  readonly row: number;
}

/** Interactions of one ledger file. */
export type InteractionFacts = SourcedTable<typeof INTERACTION_LEDGER>;

/** Rows of the customers feed of one ledger file. */
export interface CustomerFacts extends SourcedTable<typeof CUSTOMER_LEDGER> {
  /** Columns of the table that the file has: the others leave a customer as it is, an empty value of one that is present clears. */
  readonly present: ReadonlySet<string>;
  /** The same rows' identifiers, where they are wanted: pass one reads them, pass two never does. */
  readonly identifiers?: {
    readonly columns: Columns<typeof IDENTIFIER_LEDGER>;
    readonly present: ReadonlySet<string>;
  };
}

/** Exchange rates of one ledger file. */
export type RateFacts = SourcedTable<typeof RATES>;

/** Erasures of one ledger file: keyed hashes. */
export type ErasureFacts = SourcedTable<typeof ERASURE_LEDGER>;

/** Everything that became known of a shard's customers on one night. */
export interface NightFacts {
  readonly transactions: readonly FactTable[];
  readonly interactions: readonly InteractionFacts[];
  readonly customers: readonly CustomerFacts[];
  readonly rates: readonly RateFacts[];
  readonly erasures: readonly ErasureFacts[];
}

/** A night on which nothing became known. */
export const NO_FACTS: NightFacts = { transactions: [], interactions: [], customers: [], rates: [], erasures: [] };
