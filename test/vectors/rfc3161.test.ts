import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  readPemCertificates,
  readTimestamp,
  type TimestampChecks,
  TimestampError,
  timestampRequest,
  parseTimestampRequest,
  verifyTimestamp,
} from '#domain/time';
import { requires, vectors, vectorsFolder } from '../support/requires.js';

const folder = join(vectorsFolder, 'rfc3161', 'test', 'fixtures');
const read = (path: string) => readFileSync(join(folder, path));
const hello = new TextEncoder().encode('hello');

/** Each answer, with what must come of it: the authority's time, or why it is refused. */
const ANSWERS: readonly (readonly [path: string, outcome: string])[] = [
  ['test_tsa/response.tsr', '2024-10-08T15:40:32.000Z'],
  // Made three weeks later, under another root of the same name than ts_chain.pem has: openssl refuses it as well.
  ['test_tsa/other_response.tsr', 'untrusted'],
  // Two certificates of an attacker came along. They take no part: the one that signed is named by it and bound to it, and the path is
  // the same. The fault that this vector is for was to take the attacker's for the signer's (see the test below).
  ['test_tsa/response-injected-certs.tsr', '2024-10-08T15:40:32.000Z'],
  ['sigstage/response-sha256.tsr', '2025-05-09T11:58:55.000Z'],
  ['sigstage/response-sha384.tsr', '2025-05-09T11:58:55.000Z'],
  ['sigstage/response-sha512.tsr', '2025-05-09T11:58:56.000Z'],
  ['sigstage/response-invalid-signature.tsr', 'bad-signature'],
  // Verifies where the signer's certificate is kept, see below.
  ['sigstage/response-no-embedded-cert.tsr', 'signer-missing'],
];

requires(vectors('rfc3161'))('RFC 3161 answers of trailofbits/rfc3161-client', () => {
  const chainOf = (path: string) => readPemCertificates(read(`${path.split('/')[0]}/ts_chain.pem`).toString());
  const rootOf = (path: string) => chainOf(path).slice(-1);
  const outcomeOf = (path: string, checks: Partial<TimestampChecks> = {}) =>
    verifyTimestamp(read(path), {
      bytes: hello,
      roots: rootOf(path),
      certificates: chainOf(path).slice(1),
      ...checks,
    }).then(
      ({ genTime }) => genTime.toISOString(),
      (error: unknown) => (error instanceof TimestampError ? error.code : Promise.reject(error as Error)),
    );

  it('leaves none of them out', () => {
    const all = ['test_tsa', 'sigstage'].flatMap((of) => readdirSync(join(folder, of)).map((name) => `${of}/${name}`));
    expect(all.filter((path) => path.endsWith('.tsr')).sort()).toEqual(ANSWERS.map(([path]) => path).sort());
  });

  it.each(ANSWERS)('%s: %s', async (path, outcome) => {
    expect(await outcomeOf(path)).toBe(outcome);
  });

  it('names the true signer, whatever certificates came along', async () => {
    const path = 'test_tsa/response-injected-certs.tsr';
    const verified = await verifyTimestamp(read(path), {
      bytes: hello,
      roots: rootOf(path),
      certificates: chainOf(path).slice(1),
    });
    expect(verified).toMatchObject({
      tsaName: 'CN=Test TSA Timestamping,O=local',
      policy: '1.3.6.1.4.1.57264.2',
      accuracy: { seconds: 1, millis: 0, micros: 0 },
      ordering: false,
      serial: String(0x797035501f358571fed54952bebbd000497461dcn),
      certificateNotAfter: new Date('2033-10-07T13:47:50Z'),
    });
  });

  it('verifies a token without certificates where the signer’s is kept', async () => {
    const path = 'sigstage/response-no-embedded-cert.tsr';
    expect(await outcomeOf(path, { certificates: chainOf(path) })).toBe('2025-06-18T08:13:02.000Z');
  });

  it.each(ANSWERS.map(([path]) => path))('trusts %s under no other root', async (path) => {
    const other = path.startsWith('sigstage') ? 'test_tsa' : 'sigstage';
    expect(await outcomeOf(path, { roots: rootOf(other), certificates: chainOf(path) })).toBe('untrusted');
  });

  it.each(['response', 'response-injected-certs', 'other_response'])('ties %s to its request', async (name) => {
    const request = parseTimestampRequest(read('test_tsa/request.der'));
    const other = parseTimestampRequest(read('test_tsa/other_request.der'));
    const own = readTimestamp(read(`test_tsa/${name}.tsr`)).nonce === request.nonce;
    const asked = (nonce: bigint | null) => outcomeOf(`test_tsa/${name}.tsr`, { nonce: nonce ?? 0n });
    expect(await asked(request.nonce)).toBe(own ? '2024-10-08T15:40:32.000Z' : 'wrong-nonce');
    expect(await asked(other.nonce)).toBe('wrong-nonce');
  });

  it('reads each request, and writes it again to the byte', () => {
    for (const path of ['test_tsa/request.der', 'test_tsa/other_request.der', 'sigstage/request.der']) {
      const request = parseTimestampRequest(read(path));
      expect(request).toMatchObject({ policy: null, certificates: true });
      expect(Buffer.from(timestampRequest(request.imprint, request.nonce ?? 0n))).toEqual(read(path));
    }
  });

  it('refuses each answer over other bytes, and with any byte changed', async () => {
    const path = 'sigstage/response-sha256.tsr';
    expect(await outcomeOf(path, { bytes: new TextEncoder().encode('hallo') })).toBe('wrong-imprint');
    const answer = read(path);
    const survivors: number[] = [];
    for (const at of answer.keys()) {
      const changed = Uint8Array.from(answer);
      changed[at]! ^= 1;
      const taken = await verifyTimestamp(changed, { bytes: hello, roots: rootOf(path) }).then(
        () => true,
        (error: unknown) => (error instanceof TimestampError ? false : Promise.reject(error as Error)),
      );
      if (taken) survivors.push(at);
    }
    // Nothing vouches for the status: it goes from granted to granted with modifications.
    expect(survivors).toEqual([8]);
  }, 180_000);
});
