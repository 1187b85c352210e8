import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  cosignNote,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  parseNote,
  signingKey,
  signNote,
  verifyCheckpoint,
} from '#domain/merkle';
import { Home } from './node/home.js';
import { PinnedWitnesses } from './pinned-witnesses.js';

const ORIGIN = 'custody.example/log/2026a';
const log = signingKey(ORIGIN, 'ed25519', new Uint8Array(32).fill(1));
const keyOf = (name: string, seed: number) => signingKey(name, 'cosignature-v1', new Uint8Array(32).fill(seed));
const [north, south, southToo] = [keyOf('north.example', 2), keyOf('south.example', 3), keyOf('south.example', 4)];
const pinOf = ({ verifier }: typeof north, url = 'https://w.example/') => ({
  name: verifier.name,
  verifierKey: formatVerifierKey(verifier),
  url,
});

/** A head of the log that these cosigned. */
function headBy(...witnesses: (typeof north)[]): Uint8Array {
  const { text, signatures } = parseNote(
    signNote(formatCheckpoint({ origin: ORIGIN, size: 7, root: new Uint8Array(32) }), [log]),
  );
  return formatNote({
    text,
    signatures: [...signatures, ...witnesses.map((key) => cosignNote(text, key, 1_764_000_000))],
  });
}

describe('the witnesses that are pinned here', () => {
  let folder: string;
  let pinned: PinnedWitnesses;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'amana-pins-'));
    pinned = new PinnedWitnesses(new Home({ AMANA_HOME: folder }), ORIGIN);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const accepts = (head: Uint8Array) => {
    const policy = pinned.policy(log.verifier);
    if (policy === null) throw new Error('there is no policy');
    return verifyCheckpoint(head, policy);
  };

  it('make no policy while there is none', () => {
    expect(pinned.policy(log.verifier)).toBeNull();
  });

  it('must all have cosigned when there are two', () => {
    pinned.pin(pinOf(north));
    pinned.pin(pinOf(south));
    expect(accepts(headBy(north, south)).cosignatures).toHaveLength(2);
    expect(() => accepts(headBy(north))).toThrow('too few trusted witnesses');
  });

  it('count once for an operator of several keys', () => {
    for (const key of [north, south, southToo]) pinned.pin(pinOf(key));
    expect(() => accepts(headBy(south, southToo))).toThrow('too few trusted witnesses');
    expect(accepts(headBy(north, southToo)).cosignatures).toHaveLength(2);
  });

  it('take another address for a key that is pinned, and are those of one log alone', () => {
    pinned.pin(pinOf(north));
    pinned.pin(pinOf(north, 'https://moved.example/'));
    expect(pinned.read()).toEqual([pinOf(north, 'https://moved.example/')]);
    expect(new PinnedWitnesses(new Home({ AMANA_HOME: folder }), 'other.example/log').read()).toEqual([]);
  });

  it('are refused when their file is damaged, rather than taken for none', () => {
    pinned.pin(pinOf(north));
    writeFileSync(new Home({ AMANA_HOME: folder }).witnessesPath(ORIGIN), '[{"name":1}]');
    expect(() => pinned.read()).toThrow();
  });
});
