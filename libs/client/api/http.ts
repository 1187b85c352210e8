/** One HTTP exchange as the client asks for it. The body is sent whole and may be sent again, so it must not change meanwhile. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** A header field by its lower-case name; null when absent. */
  header(name: string): string | null;
  /** The whole body. Rejects with `ConnectionLost` when it ends before its announced length. */
  bytes(): Promise<Uint8Array>;
  /** The body as it comes, in pieces of any size; what is not read is discarded when the iteration ends early. */
  stream(): AsyncIterable<Uint8Array>;
}

/**
 * Sends one request, once. Rejects with `ConnectionLost` when no complete answer came; whether the server acted is then
 * unknown. Resolves with any status, once the header of the answer is there.
 */
export type HttpSend = (request: HttpRequest) => Promise<HttpResponse>;

/** No answer, or half of one: refused, reset, timed out, not resolvable. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** `HttpSend` on the platform's `fetch`: the browser's, or any that behaves like it. */
export function fetchSend(fetchImplementation: typeof fetch): HttpSend {
  return async ({ method, url, headers, body, signal }) => {
    const response = await lostOnFailure(signal, () =>
      fetchImplementation(url, {
        method,
        headers,
        redirect: 'error',
        ...(body && { body: body as Uint8Array<ArrayBuffer> }),
        ...(signal && { signal }),
      }),
    );
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      bytes: async () => new Uint8Array(await lostOnFailure(signal, () => response.arrayBuffer())),
      stream: () => readAll(response, signal),
    };
  };
}

async function* readAll(response: Response, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await lostOnFailure(signal, () => reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // the iteration may have ended early; nothing more is wanted
  }
}

async function lostOnFailure<T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ConnectionLost(cause instanceof Error ? cause.message : 'the connection failed', { cause });
  }
}
