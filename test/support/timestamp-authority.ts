import { BitString, Integer, Utf8String } from 'asn1js';
import { AttributeTypeAndValue, BasicConstraints, Certificate, CryptoEngine, ExtKeyUsage, Extension } from 'pkijs';
import { imprintOf, type Imprint, issueTimestamp, type TimestampIssuer, type TimestampStatement } from '#domain/time';

const engine = new CryptoEngine({ name: 'test', crypto });
export const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
export const POLICY = '1.3.6.1.4.1.32473.1';

type KeyParameters = EcKeyGenParams | RsaHashedKeyGenParams;
const P256: KeyParameters = { name: 'ECDSA', namedCurve: 'P-256' };

/** A certificate as wrong as one likes; what is left out is as it should be. */
export interface CertificateChoices {
  readonly name: string;
  /** Itself when left out. */
  readonly issuer?: Certified;
  readonly algorithm?: KeyParameters;
  readonly hash?: 'SHA-1' | 'SHA-256';
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Null: not an authority, by no word. */
  readonly authority?: { readonly pathLength?: number } | null;
  /** First byte of the key usage; null: none is stated. */
  readonly keyUsage?: number | null;
  readonly purposes?: { readonly oids: readonly string[]; readonly critical: boolean } | null;
  readonly more?: readonly Extension[];
}

export interface Certified {
  readonly name: string;
  readonly keys: CryptoKeyPair;
  readonly der: Uint8Array<ArrayBuffer>;
}

export async function certify(choices: CertificateChoices): Promise<Certified> {
  const { name, issuer, authority = null, keyUsage = authority ? 0x06 : 0x80, purposes = null } = choices;
  const keys = await crypto.subtle.generateKey(choices.algorithm ?? P256, true, ['sign', 'verify']);
  const made = new Certificate();
  made.version = 2;
  made.serialNumber = Integer.fromBigInt(
    BigInt(`0x1${Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('hex')}`),
  );
  made.issuer.typesAndValues.push(commonName(issuer?.name ?? name));
  made.subject.typesAndValues.push(commonName(name));
  made.notBefore.value = choices.notBefore ?? new Date('2026-01-01');
  made.notAfter.value = choices.notAfter ?? new Date('2036-01-01');
  await made.subjectPublicKeyInfo.importKey(keys.publicKey, engine);
  const constraints =
    authority &&
    new BasicConstraints({
      cA: true,
      ...(authority.pathLength !== undefined && { pathLenConstraint: authority.pathLength }),
    });
  made.extensions = [
    ...(constraints ? [extension('2.5.29.19', true, constraints.toSchema().toBER())] : []),
    ...(keyUsage === null ? [] : [extension('2.5.29.15', true, usageBits(keyUsage))]),
    ...(purposes
      ? [
          extension(
            '2.5.29.37',
            purposes.critical,
            new ExtKeyUsage({ keyPurposes: [...purposes.oids] }).toSchema().toBER(),
          ),
        ]
      : []),
    ...(choices.more ?? []),
  ];
  if (made.extensions.length === 0) delete (made as Partial<Certificate>).extensions;
  await made.sign((issuer?.keys ?? keys).privateKey, choices.hash ?? 'SHA-256', engine);
  return { name, keys, der: new Uint8Array(made.toSchema(true).toBER()) };
}

/** A certificate for who signs timestamps, right unless chosen otherwise. */
export function certifySigner(issuer: Certified, choices: Partial<CertificateChoices> = {}): Promise<Certified> {
  return certify({ name: 'signer', issuer, purposes: { oids: [TIME_STAMPING], critical: true }, ...choices });
}

export function extension(extnID: string, critical: boolean, extnValue: ArrayBuffer): Extension {
  return new Extension({ extnID, critical, extnValue });
}

/** An authority of tests, whose clock is told it. */
export class TestAuthority {
  private constructor(
    readonly root: Certified,
    readonly signer: Certified,
  ) {}

  static async make(
    choices: Partial<CertificateChoices> = {},
    rootChoices: Partial<CertificateChoices> = {},
  ): Promise<TestAuthority> {
    const root = await certify({ name: 'root', authority: {}, ...rootChoices });
    return new TestAuthority(root, await certifySigner(root, choices));
  }

  get issuer(): TimestampIssuer {
    return { certificate: this.signer.der, chain: [], privateKey: this.signer.keys.privateKey };
  }

  /** A token over bytes, or over their imprint. */
  stamp(over: Uint8Array | Imprint, choices: Partial<TimestampStatement> = {}): Promise<Uint8Array<ArrayBuffer>> {
    return issueTimestamp(
      {
        imprint: over instanceof Uint8Array ? imprintOf(over) : over,
        ...{ policy: POLICY, serial: 7n, genTime: new Date('2026-06-01T12:00:00Z'), accuracySeconds: 1, nonce: 5n },
        ...choices,
      },
      this.issuer,
    );
  }
}

function commonName(value: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value }) });
}

function usageBits(byte: number): ArrayBuffer {
  const unusedBits = byte === 0 ? 0 : 31 - Math.clz32(byte & -byte);
  return new BitString({ valueHex: byte === 0 ? new Uint8Array() : Uint8Array.of(byte), unusedBits }).toBER();
}
