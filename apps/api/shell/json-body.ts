import type { NextFunction, Request, Response } from 'express';
import { ManifestError, parseStrictJson } from '#domain/manifest';
import { Problem } from '#domain/contract';

const LIMIT_BYTES = 1024 * 1024;
/** Registrations, grants and manifests of exhibits with thousands of files. */
const LARGE_LIMIT_BYTES = 32 * 1024 * 1024;
const LARGE_BODIES = /^\/v1\/(exhibits|grants)(\/[0-9a-f-]{36}\/manifest)?$/;
const PART = /^\/v1\/uploads\/[^/]+\/parts\/[^/]+$/;

/** A request whose JSON body was read: its bytes are kept for the digest that idempotency compares. */
export interface JsonRequest extends Request {
  jsonBytes?: Buffer;
}

/** Throws unless the request comes from somebody signed in. */
export type SignedIn = (request: Request) => Promise<void>;

/** Who is not signed in gets no large body read for them: reading and parsing it is work. */
export function jsonBodyReader(signedIn: SignedIn) {
  return (request: JsonRequest, response: Response, next: NextFunction): void => {
    const announced = Number(request.headers['content-length'] ?? Infinity);
    if (!LARGE_BODIES.test(request.path) || request.method !== 'POST' || announced <= LIMIT_BYTES) {
      readJsonBody(request, response, next);
      return;
    }
    signedIn(request).then(() => readJsonBody(request, response, next), next);
  };
}

/**
 * Reads JSON bodies strictly: announced as JSON, bounded, UTF-8, no duplicate members, no NUL, no lone surrogate, bounded depth.
 * Parts of uploads pass unread: they stream to the store.
 */
function readJsonBody(request: JsonRequest, _response: Response, next: NextFunction): void {
  const announced = request.headers['content-length'];
  const hasBody = request.headers['transfer-encoding'] !== undefined || (announced !== undefined && announced !== '0');
  if (!hasBody || PART.test(request.path)) {
    if (!hasBody) request.body = {};
    next();
    return;
  }
  if (!/^application\/([a-z0-9.+-]+\+)?json\s*(;\s*charset=utf-8\s*)?$/i.test(request.headers['content-type'] ?? '')) {
    next(new Problem('media-type', 'the body must be application/json'));
    return;
  }
  const limit = LARGE_BODIES.test(request.path) ? LARGE_LIMIT_BYTES : LIMIT_BYTES;
  if (announced !== undefined && Number(announced) > limit) {
    next(new Problem('too-large', `the body may have ${limit} bytes`));
    return;
  }
  collect(request, limit)
    .then((bytes) => {
      request.jsonBytes = bytes;
      request.body = parseStrictJson(bytes);
      next();
    })
    .catch((error: unknown) => {
      next(error instanceof ManifestError ? new Problem('malformed-json', error.message) : error);
    });
}

async function collect(request: Request, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  // Not destroyed on the way out: who sent too much is told so.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limit) throw new Problem('too-large', `the body may have ${limit} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
