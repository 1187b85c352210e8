import { describe, expect, it } from '@jest/globals';
import type { Database } from '#server/database';
import { ProofNonces } from './proof-nonces.js';

/** A database that has a key, and fails as often as asked before it gives it. */
function database(key: Buffer, failures = 0) {
  let asked = 0;
  const query = () => {
    asked += 1;
    return asked > failures ? Promise.resolve([{ key }]) : Promise.reject(new Error('away'));
  };
  return { query } as unknown as Database;
}
const key = Buffer.alloc(32, 7);
const begin = 1_800_000_000_000;
const at = (seconds: number) => new Date(begin + seconds * 1000);

describe('nonces of proofs', () => {
  it('hold for five minutes, and for five more in which their bearer is given the next', async () => {
    const nonces = new ProofNonces(database(key));
    const nonce = await nonces.current(at(0));
    const ages = await Promise.all([0, 299, 300, 599, 600, -1].map((seconds) => nonces.ageOf(nonce, at(seconds))));
    expect(ages).toEqual(['fresh', 'fresh', 'ageing', 'ageing', 'unknown', 'unknown']);
  });

  it('are the same wherever the key is the same, and others where it is another', async () => {
    const nonce = await new ProofNonces(database(key)).current(at(0));
    expect(await new ProofNonces(database(key)).ageOf(nonce, at(10))).toBe('fresh');
    expect(await new ProofNonces(database(Buffer.alloc(32, 8))).ageOf(nonce, at(10))).toBe('unknown');
  });

  it.each(['', 'x', 'é'.repeat(12), 'A'.repeat(24), 'A'.repeat(200)])('%j is none', async (nonce) => {
    expect(await new ProofNonces(database(key)).ageOf(nonce, at(0))).toBe('unknown');
  });

  it('can be had again after the database was away', async () => {
    const nonces = new ProofNonces(database(key, 1));
    await expect(nonces.current(at(0))).rejects.toThrow('away');
    expect(await nonces.current(at(0))).toMatch(/^[A-Za-z0-9_-]{24}$/);
  });
});
