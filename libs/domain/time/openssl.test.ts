import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { requires } from '../../../test/support/requires.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';
import { TestAuthority } from '../../../test/support/timestamp-authority.js';
import {
  formatPemCertificates,
  grantedResponse,
  imprintOf,
  newEvidenceRecord,
  parseTimestampRequest,
  readPemCertificates,
  renew,
  timestampRequest,
  verifyArchiveChain,
  verifyTimestamp,
} from './index.js';

const POLICY = '1.2.3.4.1';
const data = new TextEncoder().encode('custody.example/log\n7\n');

/** A timestamp authority of openssl in a folder of its own, at a time of its own where one is given. */
class OpensslAuthority {
  readonly folder = temporaryFolder('openssl');

  constructor(
    key: readonly string[],
    private readonly options: { readonly certIdDigest?: string; readonly at?: string } = {},
  ) {
    writeFileSync(this.path('data'), data);
    writeFileSync(
      this.path('tsa.ext'),
      'extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n',
    );
    writeFileSync(this.path('serial'), '01\n');
    const { certIdDigest = 'sha256' } = options;
    writeFileSync(
      this.path('tsa.cnf'),
      `[tsa]\ndefault_tsa = a\n[a]\nserial = ${this.path('serial')}\ndefault_policy = ${POLICY}\ndigests = sha256, sha384, sha512\n` +
        `signer_digest = sha256\naccuracy = secs:1, millisecs:500, microsecs:100\nordering = yes\ntsa_name = yes\n` +
        `ess_cert_id_chain = no\ness_cert_id_alg = ${certIdDigest}\nclock_precision_digits = 3\n`,
    );
    const req = ['req', '-newkey', ...key, '-nodes', '-sha256'];
    this.run(...req, '-x509', '-days', '365', '-subj', '/O=Test/CN=Root', '-keyout', 'root.key', '-out', 'root.pem');
    this.run(...req, '-subj', '/O=Test/CN=TSA', '-keyout', 'tsa.key', '-out', 'tsa.csr');
    const issue = [
      'x509',
      '-req',
      '-in',
      'tsa.csr',
      '-CA',
      'root.pem',
      '-CAkey',
      'root.key',
      '-CAcreateserial',
      '-days',
      '300',
    ];
    this.run(...issue, '-sha256', '-extfile', 'tsa.ext', '-out', 'tsa.pem');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  run(...args: string[]): string {
    const { at } = this.options;
    const [command, ...rest] = at === undefined ? ['openssl', ...args] : ['faketime', '-f', at, 'openssl', ...args];
    return execFileSync(command, rest, { cwd: this.folder, stdio: 'pipe' }).toString();
  }

  get roots(): Uint8Array[] {
    return readPemCertificates(readFileSync(this.path('root.pem'), 'utf8'));
  }

  reply(request: Uint8Array): Uint8Array {
    writeFileSync(this.path('query.tsq'), request);
    this.run(
      ...['ts', '-reply', '-config', 'tsa.cnf', '-section', 'a', '-queryfile', 'query.tsq'],
      ...['-signer', 'tsa.pem', '-inkey', 'tsa.key', '-out', 'reply.tsr'],
    );
    return readFileSync(this.path('reply.tsr'));
  }

  query(...args: string[]): Uint8Array {
    this.run('ts', '-query', '-data', 'data', '-out', 'query.tsq', ...args);
    return readFileSync(this.path('query.tsq'));
  }
}

const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

requires('openssl')('tokens of openssl', () => {
  it.each([
    ['P-256', EC],
    ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['RSA', ['rsa:2048']],
  ])('of a key of %s are verified, whatever digest they are over', async (_, key) => {
    const tsa = new OpensslAuthority(key);
    for (const algorithm of ['SHA-256', 'SHA-384', 'SHA-512'] as const) {
      const reply = tsa.reply(timestampRequest(imprintOf(data, algorithm), 0xfeedn, POLICY));
      const checks = {
        bytes: data,
        roots: tsa.roots,
        nonce: 0xfeedn,
        policies: [POLICY],
        at: new Date(Date.now() + 1000),
      };
      const verified = await verifyTimestamp(reply, checks);
      expect(verified).toMatchObject({
        ordering: true,
        accuracy: { seconds: 1, millis: 500, micros: 100 },
        tsaName: 'CN=TSA,O=Test',
      });
    }
  });

  it('that name their signer by SHA-1 alone (ESSCertID) are verified', async () => {
    const tsa = new OpensslAuthority(EC, { certIdDigest: 'sha1' });
    const reply = tsa.reply(tsa.query('-sha256', '-cert'));
    await verifyTimestamp(reply, { bytes: data, roots: tsa.roots });
  });

  it('answer requests of its own that we read as it wrote them', () => {
    const tsa = new OpensslAuthority(EC);
    expect(parseTimestampRequest(tsa.query('-sha384', '-cert', '-tspolicy', POLICY))).toMatchObject({
      imprint: imprintOf(data, 'SHA-384'),
      policy: POLICY,
      certificates: true,
    });
    expect(parseTimestampRequest(tsa.query('-sha256', '-no_nonce'))).toMatchObject({
      nonce: null,
      certificates: false,
    });
  });

  it('that refuse say why', async () => {
    const tsa = new OpensslAuthority(EC);
    const reply = tsa.reply(timestampRequest(imprintOf(data), 1n, '1.9.9.9'));
    await expect(verifyTimestamp(reply, { bytes: data, roots: tsa.roots })).rejects.toMatchObject({
      code: 'not-granted',
      message: expect.stringContaining('unacceptedPolicy'),
    });
  });
});

requires('openssl')('our tokens', () => {
  it('are accepted by openssl', async () => {
    const folder = temporaryFolder('our-tokens');
    const tsa = await TestAuthority.make();
    writeFileSync(join(folder, 'root.pem'), formatPemCertificates([tsa.root.der]));
    writeFileSync(join(folder, 'data'), data);
    for (const algorithm of ['SHA-256', 'SHA-384', 'SHA-512'] as const) {
      const token = await tsa.stamp(imprintOf(data, algorithm), { nonce: null });
      writeFileSync(join(folder, 'reply.tsr'), grantedResponse(token));
      const args = [
        'ts',
        '-verify',
        '-data',
        'data',
        '-in',
        'reply.tsr',
        '-CAfile',
        'root.pem',
        '-attime',
        '1780315200',
      ];
      expect(execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }).toString()).toContain('Verification: OK');
    }
  });
});

requires('openssl', 'faketime')('a token of 2020, by openssl and faketime', () => {
  let old: OpensslAuthority;
  let reply: Uint8Array;
  beforeAll(() => {
    old = new OpensslAuthority(EC, { at: '2020-03-01 12:00:00' });
    reply = old.reply(old.query('-sha256', '-cert'));
  });

  it('stands by its own time, though its certificates have expired since', async () => {
    const verified = await verifyTimestamp(reply, { bytes: data, roots: old.roots, at: new Date() });
    expect(verified.genTime.toISOString()).toMatch(/^2020-03-01T/);
    expect(verified.certificateNotAfter.getUTCFullYear()).toBe(2020);
  });

  it('stands in an archive only if it was renewed in time', async () => {
    const second = new OpensslAuthority(EC, { at: '2020-10-01 12:00:00' });
    const third = new OpensslAuthority(EC, { at: '2021-05-01 12:00:00' });
    const roots = [old, second, third].flatMap((authority) => authority.roots);
    const record = newEvidenceRecord(reply);
    const renewedBy = (authority: OpensslAuthority, one: Uint8Array) => {
      const { imprint, complete } = renew([one]);
      return complete(authority.reply(timestampRequest(imprint, 3n)))[0]!;
    };
    const inTime = renewedBy(third, renewedBy(second, record));
    const at = new Date('2021-12-01');
    const verified = await verifyArchiveChain(inTime, data, { roots, at });
    expect(verified.genTime.toISOString()).toMatch(/^2020-03-01T/);
    await expect(verifyArchiveChain(record, data, { roots, at })).rejects.toMatchObject({ code: 'expired' });
    const late = renewedBy(third, record);
    await expect(verifyArchiveChain(late, data, { roots, at })).rejects.toMatchObject({ code: 'renewed-too-late' });
  });
});
