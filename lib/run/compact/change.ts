import type { PerennialConfig } from '../../config/config.ts';
import type { ObjectStore } from '../../store/objects.ts';
import type { BusinessDate } from '../../time.ts';
import { dayOf } from '../../time.ts';
import type { CommittedErasures, Erasure } from '../committed-erasures.ts';
import type { RunDeps } from '../deps.ts';
import type { RunRecord } from '../run-ledger.ts';

/** Where an object lies. */
export type Place = 'lake' | 'exports';

/** What is to be done with one object. Changes of a unit are done in their order; what tells that they are due comes last. */
export type Change =
  | { readonly place: Place; readonly key: string; readonly kind: string; readonly action: 'delete' }
  | {
      readonly place: Place;
      readonly key: string;
      readonly kind: string;
      readonly action: 'rewrite';
      /** The new content, the same at every call. */
      readonly content: () => AsyncIterable<Uint8Array>;
      /** Rows and records that go, or lose a reference. */
      readonly rows: number;
    };

/** What every rewriter knows. */
export interface CompactContext {
  readonly deps: RunDeps;
  readonly erased: CommittedErasures;
  /** The committed run. */
  readonly current: RunRecord;
  /** The committed chain by run id. */
  readonly chain: ReadonlyMap<string, RunRecord>;
  /** Configurations of the chain, newest first, each once. */
  readonly configs: readonly PerennialConfig[];
  /** Ledger and quarantine files that the lists of the chain name. */
  readonly listed: ReadonlySet<string>;
  /** Customers of whom rows were found, by the 64 bits under which the index keeps them; with the erasure's night. */
  readonly customerHashes: Map<string, number>;
}

/** Objects that are looked at together, and what is to be done with them. */
export interface Unit {
  readonly place: Place;
  readonly keys: readonly string[];
  readonly kind: string;
  readonly plan: (unit: Unit, context: CompactContext) => Promise<readonly Change[]>;
}

/** The store of a place. */
export const storeOf = ({ deps }: CompactContext, place: Place): ObjectStore => deps[place];

/** True when results of a run on a date may not show a customer any more: they are older than the erasure, or of no committed run. */
export function isGoneFrom(context: CompactContext, runId: string, dt: BusinessDate): (erasure: Erasure) => boolean {
  const isCommitted = context.chain.has(runId);
  return ({ knownOn }) => !isCommitted || dayOf(dt) < knownOn;
}

/** Content that lies in memory. */
export function contentOf(chunks: () => Promise<Uint8Array | readonly Uint8Array[]>): () => AsyncIterable<Uint8Array> {
  return async function* () {
    const made = await chunks();
    if (made instanceof Uint8Array) yield made;
    else yield* made;
  };
}

/** All bytes of a content. */
export async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
