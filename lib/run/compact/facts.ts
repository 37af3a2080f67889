import type { ByteColumn, TableSpec } from '../../arrow/columns.ts';
import { CUSTOMER_LEDGER, IDENTIFIER_LEDGER, INTERACTION_LEDGER, LEDGER, LEDGER_VERSION } from '../../arrow/schemas.ts';
import { decodeTable, readHeader } from '../../arrow/table-file.ts';
import { ContractMismatchError } from '../../errors.ts';
import { murmur128 } from '../../ledger/id-hash.ts';
import type { Erasure } from '../committed-erasures.ts';
import type { Change, CompactContext, Unit } from './change.ts';
import { contentOf } from './change.ts';
import { encodeKept, judgeRows, type RowVerdict, readTable, type TableKind } from './erase-rows.ts';

const FACTS = {
  transactions: { spec: LEDGER, version: LEDGER_VERSION },
  interactions: { spec: INTERACTION_LEDGER, version: LEDGER_VERSION },
  customers: { spec: CUSTOMER_LEDGER, version: LEDGER_VERSION },
  identifiers: { spec: IDENTIFIER_LEDGER, version: LEDGER_VERSION },
} as const satisfies Record<string, TableKind<TableSpec>>;

/**
 * Facts of one drop file and shard: those of an erased customer up to the request go. A file that no list of the committed chain
 * names is deleted instead, so that the same drop file can be taken again.
 *
 * The identifiers of the customers feed lie beside their facts, row for row, and are judged with them and changed first.
 */
export async function planLedger(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  const facts = unit.keys.find((key) => !key.startsWith('pii/'));
  const identifiers = unit.keys.find((key) => key.startsWith('pii/'));
  const changes: Change[] = [];
  const signedUp = facts && identifiers ? await readSignUps(context, facts) : undefined;
  for (const key of [identifiers, facts]) {
    if (key === undefined) continue;
    const change = await planFile(key, context, key === identifiers ? signedUp : undefined);
    if (change) changes.push(change);
  }
  return changes;
}

async function planFile(
  key: string,
  context: CompactContext,
  signedUp: ArrayLike<number> | undefined,
): Promise<Change | undefined> {
  const read = async () => {
    const bytes = await context.deps.lake.read(key);
    const kind = factsKind(bytes, key);
    const table = readTable(kind, bytes, key);
    return { kind, table, verdict: judge(context, table, signedUp) };
  };
  const { verdict } = await read();
  if (verdict.touched === 0) return undefined;
  const common = { place: 'lake', key, kind: key.startsWith('pii/') ? 'identifiers' : 'ledger' } as const;
  if (!context.listed.has(key)) return { ...common, action: 'delete' };
  const content = contentOf(async () => {
    const { kind, table, verdict: again } = await read();
    return encodeKept(kind, table, again);
  });
  return { ...common, action: 'rewrite', rows: verdict.touched, content };
}

/** A column that no other ledger has. */
const OWN_COLUMN: Readonly<Record<string, string>> = {
  transactions: 'transaction_id',
  interactions: 'interaction_id',
  customers: 'consent_email',
};

/** Which table a ledger file holds: by the column that only one has. */
function factsKind(bytes: Uint8Array, key: string): TableKind<TableSpec> {
  if (key.startsWith('pii/')) return FACTS.identifiers;
  const names = readHeader(bytes, key).columns;
  for (const [name, kind] of Object.entries(FACTS)) {
    if (name !== 'identifiers' && names.includes(OWN_COLUMN[name] ?? '')) return kind;
  }
  throw new ContractMismatchError(
    `File ${key}: columns of no ledger that is known, expected transactions, interactions or customers. Use the code that wrote it.`,
  );
}

function judge(
  { erased, customerHashes }: CompactContext,
  table: { readonly rows: number; readonly columns: Record<string, unknown> },
  signedUp: ArrayLike<number> | undefined,
): RowVerdict {
  const ids = table.columns['customer_id'] as ByteColumn;
  const times = ['occurred_at', 'updated_at', 'signed_up_at'].map((name) => table.columns[name] as Float64Array | undefined);
  if (signedUp && signedUp.length === table.rows) times.push(signedUp as Float64Array);
  const isGone = (erasure: Erasure, row: number): boolean => {
    const at = times.find((column) => column && !Number.isNaN(column[row]))?.[row];
    return at === undefined || at <= erasure.requestedAt;
  };
  const verdict = judgeRows(erased, table, isGone);
  for (let row = 0; row < table.rows && verdict.touched > 0; row++) {
    const erasure = erased.findRow(ids, row);
    if (erasure) customerHashes.set(customerHash(ids, row), erasure.knownOn);
  }
  return verdict;
}

async function readSignUps({ deps }: CompactContext, key: string): Promise<Float64Array | undefined> {
  const bytes = await deps.lake.read(key);
  if (factsKind(bytes, key) !== FACTS.customers) return undefined;
  return decodeTable(CUSTOMER_LEDGER, bytes, key, LEDGER_VERSION, { only: ['signed_up_at'] }).columns.signed_up_at;
}

const scratch = new Uint8Array(4096);
const words = new Uint32Array(4);

/** A customer as the index keeps it: two words of a hash of the id and a separator (lib/book/facts.ts, hashCustomer). */
function customerHash({ bytes, offsets }: ByteColumn, row: number): string {
  const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
  scratch.set(bytes.subarray(start, end));
  scratch[end - start] = 0x1f;
  murmur128(scratch, 0, end - start + 1, 3, words);
  return `${words[0]}-${words[1]}`;
}
