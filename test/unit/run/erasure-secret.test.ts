import { describe, expect, it } from 'vitest';
import { erasureSecret, findErasureSecret } from '../../../lib/run/erasure-secret.ts';
import { emptyPlaces, memoryDeps } from '../../support/run-in-memory.ts';

describe('erasureSecret', () => {
  it('is made once: all who ask at the same time agree, and so does who asks later', async () => {
    const deps = memoryDeps(emptyPlaces());
    expect(await findErasureSecret(deps)).toBeUndefined();
    const secrets = await Promise.all(Array.from({ length: 8 }, () => erasureSecret(deps)));
    const [first] = secrets;
    expect(first).toHaveLength(32);
    for (const secret of [...secrets, await erasureSecret(deps), await findErasureSecret(deps)]) expect(secret).toEqual(first);
  });

  it('differs between lakes', async () => {
    const secrets = await Promise.all([1, 2].map(() => erasureSecret(memoryDeps(emptyPlaces()))));
    expect(secrets[0]).not.toEqual(secrets[1]);
  });

  it('refuses a secret that was cut', async () => {
    const deps = memoryDeps(emptyPlaces());
    await deps.lake.create('erasures/secret.json', Buffer.from('{"algorithm":"hmac-sha256","secret":"00ff"}'));
    await expect(erasureSecret(deps)).rejects.toMatchObject({ name: 'ContractMismatchError' });
  });
});
