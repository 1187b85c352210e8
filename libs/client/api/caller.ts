import { z } from 'zod';
import { type Page, pageOf } from '#domain/contract';
import { ApiError, type ApiProblemBody } from './api-error.js';
import { ConnectionLost, type HttpResponse, type HttpSend } from './http.js';
import { challengeOf, type Credential, type TokenSource } from './credential.js';
import { type Attempt, type Clock, type Patience, retry, retryAfterSeconds, systemClock } from './retry.js';

export interface CallerOptions {
  /** Origin of the API, without `/v1` and without a trailing slash. */
  readonly baseUrl: string;
  readonly send: HttpSend;
  readonly tokens?: TokenSource;
  /** What the server is known as to the public, where it is not reached by that: proofs name it so. */
  readonly publicUrl?: string;
  readonly clock?: Clock;
  readonly patience?: Patience;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Below the origin, with its leading slash; parts of it already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
  readonly patience?: Patience;
}

const DEFAULT_PATIENCE: Patience = { seconds: 20 };
const TRY_AGAIN = new Set([429, 502, 503, 504]);

/**
 * Makes calls that may be repeated without harm: reads, writes to a named place, and POSTs that carry an Idempotency-Key.
 * So a lost connection, a 503 or a 429 is tried again until patience ends; a refused token is renewed once.
 */
export class Caller {
  readonly #options: CallerOptions;
  /** The last that the server gave for proofs. */
  #nonce: string | undefined;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** The JSON answer, checked. @throws ApiError */
  async json<Schema extends z.ZodType>(answer: Schema, call: Call): Promise<z.output<Schema>> {
    return parseAnswer(answer, await this.bytes(call), call);
  }

  /** The whole answer, its connection watched to its end: half an answer is asked for again, one without an end is not. @throws ApiError */
  async bytes(call: Call): Promise<Uint8Array> {
    return this.#call(call, (response) => wholeBody(response, call));
  }

  async text(call: Call): Promise<string> {
    return new TextDecoder('utf-8', { fatal: true }).decode(await this.bytes(call));
  }

  /** The answer once its header is there, its body to be read by the caller, who sees to a connection lost meanwhile. */
  async open(call: Call): Promise<HttpResponse> {
    return this.#call(call, (response) => Promise.resolve(response));
  }

  /** An answer together with its entity tag. */
  async tagged<Schema extends z.ZodType>(
    answer: Schema,
    call: Call,
  ): Promise<{ value: z.output<Schema>; etag: string | null }> {
    const { bytes, etag } = await this.#call(call, async (response) => ({
      bytes: await wholeBody(response, call),
      etag: response.header('etag'),
    }));
    return { value: parseAnswer(answer, bytes, call), etag };
  }

  /** A change of something that rests on what is there now: it is looked at first, at `seenAt`, and its entity tag sent along. */
  async change<Schema extends z.ZodType>(answer: Schema, seenAt: string, call: Call): Promise<z.output<Schema>> {
    const { etag } = await this.tagged(answer, { method: 'GET', path: seenAt });
    return this.json(answer, { ...call, headers: { ...call.headers, 'if-match': etag ?? '' } });
  }

  /** Every item of a list, page after page. */
  async *all<Item extends z.ZodType>(item: Item, call: Call): AsyncGenerator<z.output<Item>> {
    let cursor: string | undefined;
    do {
      const query = { ...call.query, ...(cursor !== undefined && { cursor }) };
      const page = (await this.json(pageOf(item), { ...call, query })) as Page<z.output<Item>>;
      yield* page.items;
      if (page.next !== null && page.next === cursor) throw badAnswer(call, 'the list does not move on');
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  async #call<T>(call: Call, take: (response: HttpResponse) => Promise<T>): Promise<T> {
    const { clock = systemClock, patience = DEFAULT_PATIENCE } = this.#options;
    // One key for all the tries of this call: however often it arrives, it is done once.
    const idempotencyKey = call.method === 'POST' ? crypto.randomUUID() : undefined;
    const attempt = () => this.#attempt(call, idempotencyKey, take);
    return retry(attempt, call.patience ?? patience, clock, call.signal);
  }

  async #attempt<T>(
    call: Call,
    idempotencyKey: string | undefined,
    take: (response: HttpResponse) => Promise<T>,
  ): Promise<Attempt<T>> {
    try {
      const response = await this.#sendSignedIn(call, idempotencyKey);
      if (response.status >= 200 && response.status < 300) return { kind: 'done', value: await take(response) };
      const error = await problemOf(response, call);
      if (!TRY_AGAIN.has(response.status)) throw error;
      return { kind: 'again', error, afterSeconds: retryAfterSeconds(response.header('retry-after')) };
    } catch (cause) {
      if (!(cause instanceof ConnectionLost)) throw cause;
      const error = new ApiError(
        { kind: 'unreachable' },
        `${this.#options.baseUrl} does not answer: ${cause.message}`,
        cause,
      );
      return { kind: 'again', error, afterSeconds: null };
    }
  }

  /** A credential that is refused is replaced once by a newer one, once by one of a fresher sign-in; a nonce is taken up once. */
  async #sendSignedIn(call: Call, idempotencyKey: string | undefined): Promise<HttpResponse> {
    const { tokens } = this.#options;
    let credential = (await tokens?.current()) ?? null;
    const open = new Set(['nonce', 'step-up', 'renew'] as const);
    for (;;) {
      const response = await this.#send(call, idempotencyKey, credential);
      if (response.status !== 401 || !tokens || credential === null) return response;
      const challenge = challengeOf(response);
      if (!open.delete(challenge.kind)) return response;
      let next: Credential | null = credential;
      if (challenge.kind === 'step-up') next = (await tokens.stepUp?.(credential, challenge)) ?? null;
      if (challenge.kind === 'renew') next = await tokens.renew(credential);
      if (next === null) return response;
      await response.bytes(); // frees the connection
      credential = next;
    }
  }

  async #send(call: Call, idempotencyKey: string | undefined, credential: Credential | null): Promise<HttpResponse> {
    const { method, path, query, json, bytes, headers, accept = 'application/json', signal } = call;
    const { baseUrl, publicUrl = baseUrl, send } = this.#options;
    const url = new URL(baseUrl + path);
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const proof = await credential?.prove({ method, url: publicUrl + path, nonce: this.#nonce });
    const response = await send({
      method,
      url: url.href,
      headers: {
        accept: `${accept}, application/problem+json`,
        ...(credential !== null && { authorization: `DPoP ${credential.accessToken}` }),
        ...(proof !== undefined && { dpop: proof }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(bytes !== undefined && { 'content-type': 'application/octet-stream' }),
        ...headers,
      },
      body: json === undefined ? bytes : new TextEncoder().encode(JSON.stringify(json)),
      signal,
    });
    this.#nonce = response.header('dpop-nonce') ?? this.#nonce;
    return response;
  }
}

/** No answer of ours comes near: an exhibit of 50 000 files has some 60 MiB as JSON. */
const MAX_BODY_BYTES = 192 * 1024 * 1024;

async function wholeBody(response: HttpResponse, call: Call): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of response.stream()) {
    sizeBytes += piece.length;
    if (sizeBytes > MAX_BODY_BYTES) throw badAnswer(call, 'it does not end');
    pieces.push(piece);
  }
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const ProblemAnswer = z.object({
  title: z.string(),
  status: z.number(),
  code: z.string().max(100),
  detail: z.string().optional(),
  rule: z.string().optional(),
  source: z.string().optional(),
  faults: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/** The problem in an answer. One that is none (a proxy's page) is told by its status. */
async function problemOf(response: HttpResponse, call: Call): Promise<ApiError> {
  const bytes = await response.bytes();
  if (response.header('content-type')?.startsWith('application/problem+json') === true) {
    const parsed = ProblemAnswer.safeParse(parseJson(bytes));
    if (parsed.success) {
      const problem = parsed.data as ApiProblemBody;
      return new ApiError({ kind: 'problem', problem }, problem.detail ?? problem.title);
    }
  }
  if (TRY_AGAIN.has(response.status)) {
    return new ApiError(
      { kind: 'unreachable' },
      `the server answered ${response.status} to ${call.method} ${call.path}`,
    );
  }
  return badAnswer(call, `status ${response.status} without a problem`);
}

function parseAnswer<Schema extends z.ZodType>(answer: Schema, bytes: Uint8Array, call: Call): z.output<Schema> {
  const parsed = answer.safeParse(parseJson(bytes));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badAnswer(call, issue === undefined ? 'not as the contract says' : `${issue.path.join('.')}: ${issue.message}`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function badAnswer({ method, path }: Call, why: string): ApiError {
  return new ApiError({ kind: 'bad-answer' }, `the answer to ${method} ${path} is not as the contract says: ${why}`);
}
