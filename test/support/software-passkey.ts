import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What an authenticator and its browser say, unless a test has them say something else. */
export interface Said {
  readonly origin: string;
  readonly rpId: string;
  readonly type: string;
  readonly challenge: string;
  readonly crossOrigin: boolean | undefined;
  /** UP 0x01, UV 0x04. */
  readonly flags: number;
  readonly counter: number;
  readonly userHandle: string | undefined;
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();
const PRESENT_AND_VERIFIED = 0x05;
const ATTESTED = 0x40;

/** A passkey that does as it is told: P-256, attestation none, byte by byte after WebAuthn Level 3 §6.1 and §6.5. */
export class SoftwarePasskey {
  readonly id = base64url(randomBytes(32));
  counter = 0;
  private userHandle: string | undefined;
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;

  constructor(
    private readonly origin: string,
    private readonly rpId: string,
  ) {
    ({ privateKey: this.privateKey, publicKey: this.publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  }

  /** Answers what `Passkeys.registrationOptions` asks. */
  register(asked: object, altered: Partial<Said> = {}): string {
    const { challenge, user } = asked as { challenge: string; user: { id: string } };
    this.userHandle = user.id;
    const said = this.said('webauthn.create', challenge, altered);
    const id = Buffer.from(this.id, 'base64url');
    const length = Buffer.from([id.length >> 8, id.length & 0xff]);
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.coseKey()]);
    const data = Buffer.concat([authenticatorData({ ...said, flags: said.flags | ATTESTED }), attested]);
    const head = Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex');
    const attestationObject = Buffer.concat([head, Buffer.from([data.length >> 8, data.length & 0xff]), data]);
    const response = { clientDataJSON: base64url(clientData(said)), attestationObject: base64url(attestationObject) };
    return JSON.stringify({ id: this.id, rawId: this.id, type: 'public-key', response });
  }

  /** Answers what `Passkeys.signInOptions` asks; counts one up. */
  use(asked: object, altered: Partial<Said> = {}): string {
    const { challenge } = asked as { challenge: string };
    this.counter += 1;
    const said = this.said('webauthn.get', challenge, altered);
    const data = authenticatorData(said);
    const client = clientData(said);
    const signature = sign('sha256', Buffer.concat([data, sha256(client)]), this.privateKey);
    const response = {
      ...{ clientDataJSON: base64url(client), authenticatorData: base64url(data), signature: base64url(signature) },
      ...(said.userHandle !== undefined && { userHandle: said.userHandle }),
    };
    return JSON.stringify({ id: this.id, rawId: this.id, type: 'public-key', response });
  }

  private said(type: string, challenge: string, altered: Partial<Said>): Said {
    const { origin, rpId, counter, userHandle } = this;
    const flags = PRESENT_AND_VERIFIED;
    return { origin, rpId, type, challenge, crossOrigin: false, flags, counter, userHandle, ...altered };
  }

  private coseKey(): Buffer {
    const { x = '', y = '' } = this.publicKey.export({ format: 'jwk' });
    const [bytesX, bytesY] = [x, y].map((text) => Buffer.from(text, 'base64url')) as [Buffer, Buffer];
    const head = Buffer.from('a5010203262001215820', 'hex');
    return Buffer.concat([head, bytesX, Buffer.from('225820', 'hex'), bytesY]);
  }
}

function authenticatorData({ rpId, flags, counter }: Said): Buffer {
  const rest = Buffer.alloc(5);
  rest.writeUInt8(flags);
  rest.writeUInt32BE(counter, 1);
  return Buffer.concat([sha256(rpId), rest]);
}

function clientData({ type, challenge, origin, crossOrigin }: Said): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin }));
}
