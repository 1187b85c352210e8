import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { WideAgent } from './wide-agent.js';
import { ConnectionLost, type HttpRequest, type HttpResponse, type HttpSend } from '#client/api';

/** A server that shows no sign of life for this long is taken for gone. */
const SILENCE_MS = 60_000;

/** No answer but a payload, which is streamed, comes near this. */
const LARGEST_WHOLE_BODY_BYTES = 256 * 1024 * 1024;

export interface HttpTransport {
  readonly send: HttpSend;
  /** Closes idle connections, so that the process can end. */
  close(): void;
}

/**
 * HTTP on Node's own client with kept connections: a body goes out from the memory it is in, and an answer's stream is read without
 * the layers of `fetch`. Redirects are answers like any other.
 */
export function nodeTransport(silenceMs = SILENCE_MS): HttpTransport {
  const options = { keepAlive: true, maxSockets: 32, maxFreeSockets: 16 };
  const agents = { 'http:': new WideAgent(options), 'https:': new TlsAgent(options) };
  return {
    send: (request) => send(request, agents, silenceMs),
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

async function send(
  request: HttpRequest,
  agents: { 'http:': Agent; 'https:': TlsAgent },
  silenceMs: number,
): Promise<HttpResponse> {
  const { method, headers, body, signal } = request;
  const url = new URL(request.url);
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { ...headers, ...(method !== 'GET' && { 'content-length': String(body?.length ?? 0) }) },
      timeout: silenceMs,
      ...(signal && { signal }),
    };
    const outgoing: ClientRequest =
      url.protocol === 'https:'
        ? tlsRequest(url, { ...options, agent: agents['https:'] })
        : plainRequest(url, { ...options, agent: agents['http:'] });
    outgoing.on('response', (incoming) => resolve(responseOf(incoming, signal)));
    outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing was heard for ${silenceMs / 1000} s`)));
    // After an answer has come this is ignored: the body may be refused before all of it was sent.
    outgoing.on('error', (cause) => reject(lost(cause, signal)));
    outgoing.end(body);
  });
}

function responseOf(incoming: IncomingMessage, signal: AbortSignal | undefined): HttpResponse {
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    },
    stream: () => read(incoming, signal),
    bytes: async () => {
      const pieces: Uint8Array[] = [];
      let sizeBytes = 0;
      for await (const piece of read(incoming, signal)) {
        sizeBytes += piece.length;
        if (sizeBytes > LARGEST_WHOLE_BODY_BYTES) throw new ConnectionLost('the answer does not end');
        pieces.push(piece);
      }
      return new Uint8Array(Buffer.concat(pieces, sizeBytes));
    },
  };
}

async function* read(incoming: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of incoming) yield piece as Uint8Array;
  } catch (cause) {
    throw lost(cause, signal);
  }
  if (!incoming.complete) throw new ConnectionLost('the answer was cut off');
}

/** An abort is the caller's own doing; anything else is a lost connection. */
function lost(cause: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true && signal.reason instanceof Error) return signal.reason;
  if (!(cause instanceof Error)) return new ConnectionLost(String(cause));
  return new ConnectionLost(cause.message === '' ? codeOf(cause) : cause.message, { cause });
}

/** Node joins the failures of several addresses into an error whose own message is empty. */
function codeOf(cause: Error): string {
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}
