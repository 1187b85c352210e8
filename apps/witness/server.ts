import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatVerifierKey } from '#domain/merkle';
import { addCheckpoint, type AddCheckpointParts } from './add-checkpoint.js';
import type { WitnessConfig } from './config.js';
import type { ConflictShelf } from './conflict-shelf.js';
import { originHash } from './held-head.js';
import { CONNECTIONS_AT_MOST } from './limits.js';
import type { Memory } from './memory.js';
import { base64, evidenceOf } from './seen-conflict.js';

export interface ServerParts extends AddCheckpointParts {
  readonly config: WitnessConfig;
  readonly memory: Memory;
  readonly conflicts: ConflictShelf;
  /** What keeps the witness from working; null when nothing does. */
  readonly fault: () => string | null;
}

type Handler = (request: IncomingMessage, response: ServerResponse, parameter: string) => void | Promise<void>;
interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly handle: Handler;
}

/** The witness for logs and for everybody; with health and metrics where they have no address of their own. */
export function createWitnessServer(parts: ServerParts): Server {
  const routes = publicRoutes(parts);
  return bounded(parts, parts.config.operations === null ? [...routes, ...operationsRoutes(parts)] : routes);
}

/** Health and metrics alone. */
export function createOperationsServer(parts: ServerParts): Server {
  return bounded(parts, operationsRoutes(parts));
}

function publicRoutes(parts: ServerParts): Route[] {
  const { config, memory, conflicts } = parts;
  const checkpoint: Handler = (_request, response, hash) => {
    const note = memory.heldByHash(hash)?.note;
    if (note === undefined) text(response, 404, 'nothing was cosigned for such a log\n');
    else text(response, 200, note);
  };
  return [
    {
      method: 'POST',
      path: /^\/add-checkpoint$/,
      handle: (request, response) => addCheckpoint(parts, request, response),
    },
    { method: 'GET', path: /^\/$/, handle: (_request, response) => json(response, 200, overview(config, memory)) },
    { method: 'GET', path: /^\/checkpoint\/([0-9a-f]{64})$/, handle: checkpoint },
    // Where the specification's next version has it.
    { method: 'GET', path: /^\/([0-9a-f]{64})\/checkpoint$/, handle: checkpoint },
    {
      method: 'GET',
      path: /^\/conflicts$/,
      handle: (_request, response) => json(response, 200, { conflicts: conflicts.list() }),
    },
    {
      method: 'GET',
      path: /^\/conflicts\/([0-9a-f]{64})$/,
      handle: (_request, response, id) => {
        const conflict = conflicts.get(id);
        if (conflict === undefined) text(response, 404, 'no such conflict\n');
        else json(response, 200, conflict);
      },
    },
    {
      method: 'GET',
      path: /^\/conflicts\/([0-9a-f]{64})\/evidence$/,
      handle: (_request, response, id) => {
        const conflict = conflicts.get(id);
        const evidence = conflict === undefined ? null : evidenceOf(conflict);
        if (evidence === null) text(response, 404, 'nothing here proves a fork by itself\n');
        else text(response, 200, evidence);
      },
    },
  ];
}

function operationsRoutes({ metrics, fault }: ServerParts): Route[] {
  return [
    {
      method: 'GET',
      path: /^\/health\/live$/,
      handle: (_request, response) => json(response, 200, { status: 'live' }),
    },
    {
      method: 'GET',
      path: /^\/health\/ready$/,
      handle: (_request, response) => {
        const wrong = fault();
        if (wrong === null) json(response, 200, { status: 'ready' });
        else json(response, 503, { status: 'not ready', reason: wrong });
      },
    },
    {
      method: 'GET',
      path: /^\/metrics$/,
      handle: async (_request, response) => {
        response.setHeader('Content-Type', metrics.registry.contentType);
        response.end(await metrics.registry.metrics());
      },
    },
  ];
}

function overview({ name, keys, logs }: WitnessConfig, memory: Memory): object {
  const [first = '', ...more] = keys.map(({ verifier }) => formatVerifierKey(verifier));
  return {
    name,
    verifierKey: first,
    ...(more.length > 0 && { moreVerifierKeys: more }),
    logs: [...logs.keys()].map((origin) => {
      const held = memory.held(origin);
      return {
        origin,
        originHash: originHash(origin),
        size: held?.size ?? 0,
        root: held === undefined ? null : base64(held.root),
        cosignedAt: held === undefined ? null : new Date(held.cosignedAtSeconds * 1000).toISOString(),
      };
    }),
  };
}

/** What strangers can take of time and memory has an end, whatever they send and however slowly. */
function bounded({ config, log }: ServerParts, routes: readonly Route[]): Server {
  const withinMs = config.requestTimeoutSeconds * 1000;
  const server = createServer(
    {
      headersTimeout: withinMs,
      requestTimeout: withinMs,
      connectionsCheckingInterval: Math.min(1000, withinMs / 4),
      keepAliveTimeout: 60_000,
      maxHeaderSize: 8 * 1024,
    },
    (request, response) => {
      route(routes, request, response).catch((error: unknown) => {
        // Who went away in the middle of a request, or was too slow, is told nothing more.
        if (request.destroyed && !request.complete) return;
        log.error({ err: error }, 'not answered');
        if (!response.headersSent) text(response, 500, 'internal\n');
        else response.destroy();
      });
    },
  );
  server.maxConnections = CONNECTIONS_AT_MOST;
  return server;
}

async function route(routes: readonly Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const matching = routes.flatMap((one) => {
    const found = one.path.exec(path);
    return found === null ? [] : [{ ...one, parameter: found[1] ?? '' }];
  });
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const chosen = matching.find((one) => one.method === method);
  if (chosen !== undefined) {
    await chosen.handle(request, response, chosen.parameter);
    return;
  }
  const allowed = matching.map((one) => (one.method === 'GET' ? 'GET, HEAD' : one.method)).join(', ');
  if (allowed === '') text(response, 404, 'not found\n');
  else text(response.setHeader('Allow', allowed), 405, `only ${allowed}\n`);
}

function text(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.writeHead(status, { ...COMMON, 'Content-Type': 'text/plain; charset=utf-8' }).end(body);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...COMMON, 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

/** What is here is for everybody, pages of others included. */
const COMMON = {
  'Access-Control-Allow-Origin': '*',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};
