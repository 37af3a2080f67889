/** What a shard's book needs to know beside its facts. */
export interface BookRules {
  /** ISO 4217; that of the configuration. */
  readonly baseCurrency: string;
  /** Age in days of an exchange rate that may stand for a day without one. */
  readonly rateMaxAgeDays: number;
  /** Secret of the keyed hashes of erased customers; undefined while nobody was ever erased. */
  readonly erasureSecret: Uint8Array | undefined;
  /** True in the one shard that accounts for the rows of rates and erasures, which every shard reads. */
  readonly accountsForShared: boolean;
}
