import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatPemCertificates, MAX_REQUEST_SIZE_BYTES, refusedResponse } from '#domain/time';
import { answer, DEMO_POLICY } from './answer.js';
import { type Authority, SIGNER_NAME } from './authority.js';

const QUERY = 'application/timestamp-query';
const REPLY = 'application/timestamp-reply';

/**
 * RFC 3161 over HTTP (§3.4) as a server that does not listen yet: `POST /` a request; `GET /` says whose it is and which certificates to
 * pin; `GET /health/live`, `GET /health/ready`.
 */
export function createTsa(authority: Authority, now: () => Date = () => new Date()): Server {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/' && request.method === 'POST') await stamp(request, response);
    else if (request.method !== 'GET' && request.method !== 'HEAD') send(response, path === '/' ? 405 : 404, {});
    else if (path === '/') send(response, 200, describe(authority));
    else if (path === '/health/live' || path === '/health/ready') send(response, 200, { status: path.slice(8) });
    else send(response, 404, {});
  };

  const stamp = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== QUERY) {
      send(response, 415, { accepts: QUERY });
      return;
    }
    const body = await bodyOf(request);
    const reply = body
      ? await answer(body, authority, now())
      : refusedResponse('badRequest', 'the request is too large');
    response.writeHead(200, { 'content-type': REPLY, 'content-length': reply.length });
    response.end(reply);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      process.stderr.write(`tsa: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  return server;
}

function describe({ certificate, root, notAfter }: Authority) {
  return {
    name: SIGNER_NAME,
    policy: DEMO_POLICY,
    notice: 'for demonstration: nobody vouches for this clock',
    certificates: formatPemCertificates([certificate, root]),
    notAfter: notAfter.toISOString(),
  };
}

/** The body; null when it is larger than any request, and then no more of it is read. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_REQUEST_SIZE_BYTES) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
