import { byteColumnOf } from '../../lib/arrow/columns.ts';
import { customerBucket, customerKey } from '../../lib/ledger/customer-key.ts';
import { CommittedErasures } from '../../lib/run/committed-erasures.ts';
import { type BusinessDate, dayOf } from '../../lib/time.ts';

/** Secret of the keyed hashes of a test. */
const SECRET = new Uint8Array(32).fill(7);

/** Erasures as a committed book would know them. @param requests id, instant of the request (ISO 8601), first night without the customer */
export function erasedCustomers(...requests: readonly (readonly [id: string, requestedAt: string, knownOn: string])[]) {
  const ids = requests.map(([id]) => Buffer.from(id));
  return new CommittedErasures(SECRET, {
    rows: requests.length,
    columns: {
      customer_key: byteColumnOf(ids.map((id) => customerKey(SECRET, id, 0, id.length))),
      bucket: Uint32Array.from(ids, (id) => customerBucket(id, 0, id.length)),
      requested_at: Float64Array.from(requests, ([, at]) => Date.parse(at)),
      known_on: Int32Array.from(requests, ([, , date]) => dayOf(date as BusinessDate)),
    },
  });
}
