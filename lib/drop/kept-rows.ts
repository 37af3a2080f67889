/** Records of a drop file, by number from 0 in the order of the file, that go or lose a reference: what an erasure takes out of it. */
export interface KeptRows {
  readonly dropped: ReadonlySet<number>;
  readonly blanked: ReadonlySet<number>;
}
