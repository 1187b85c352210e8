import { createHash, randomUUID } from 'node:crypto';
import { signedIn } from './proof.js';

/** An answer of the API, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** The body as JSON; tests know what they asked for. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any;
}

/** What the API of tests is known as, wherever it listens. */
export const PUBLIC_URL = 'http://amana.example';

/** Speaks to the API as one officer, or as nobody. Nothing is hidden, and nothing retried but for a nonce that a proof needs. */
export class ApiClient {
  /** The last that the API gave for proofs. */
  private nonce: string | undefined;

  constructor(
    readonly baseUrl: string,
    private readonly token: string | null,
    private readonly publicUrl = PUBLIC_URL,
  ) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  /** A POST of JSON, under an Idempotency-Key of its own unless one is given. */
  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, JSON.stringify(body), {
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
      ...headers,
    });
  }

  /** A POST that rests on what is seen now at a path: its entity tag goes along as If-Match. */
  async change(
    seenAt: string,
    path: string,
    body: unknown = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const { headers: seen } = await this.get(seenAt);
    return this.post(path, body, { 'if-match': seen.get('etag') ?? '"0"', ...headers });
  }

  /** A part with the digest that it has, unless another is given. */
  putPart(fileId: string, number: number, bytes: Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('PUT', `/v1/uploads/${fileId}/parts/${number}`, bytes, {
      'content-type': 'application/octet-stream',
      'content-digest': contentDigest(bytes),
      ...headers,
    });
  }

  async send(
    method: string,
    path: string,
    body?: string | Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const ask = () =>
      exchange(this.baseUrl + path, {
        method,
        headers: {
          ...(this.token !== null && signedIn(this.token, method, this.publicUrl, path, this.nonce)),
          ...headers,
        },
        ...(body !== undefined && { body: body as BodyInit }),
      });
    let { response, bytes } = await ask();
    this.nonce = response.headers.get('dpop-nonce') ?? this.nonce;
    if (response.status === 401 && response.headers.has('dpop-nonce')) ({ response, bytes } = await ask());
    const isJson = /^application\/(problem\+)?json\b/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      json: isJson ? JSON.parse(new TextDecoder().decode(bytes)) : undefined,
    };
  }
}

/** No answer, or half of one. */
export class ConnectionBroken extends Error {}

async function exchange(url: string, request: RequestInit): Promise<{ response: Response; bytes: Uint8Array }> {
  try {
    const response = await fetch(url, request);
    return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch (cause) {
    throw new ConnectionBroken('the connection broke', { cause });
  }
}

/** Content-Digest (RFC 9530) of these bytes. */
export function contentDigest(bytes: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}
