import type { NextFunction, Request, Response } from 'express';
import { ManifestError, parseStrictJson } from '#domain/manifest';
import { LARGE_JSON_LIMIT_BYTES, Problem } from '#domain/contract';
import { LargeBodies } from './large-bodies.js';

const LIMIT_BYTES = 1024 * 1024;
/** Registrations, grants and manifests of exhibits with thousands of files. */
const LARGE_BODIES = /^\/v1\/(exhibits|grants)(\/[0-9a-f-]{36}\/manifest)?$/;
/** Where parts of uploads go. */
export const PART = /^\/v1\/uploads\/[^/]+\/parts\/[^/]+$/;

/** A form, read by its route. */
const LOGOUT = '/v1/backchannel-logout';

/** How long a JSON body may take, in milliseconds. A part has bounds of its own: it may come over a slow line for hours. */
export interface BodyPatience {
  /** Without a byte. */
  readonly stallMs: number;
  /** From the first byte to the last. */
  readonly wholeMs: number;
}
const PATIENCE: BodyPatience = { stallMs: 15_000, wholeMs: 120_000 };

/** A request whose JSON body was read: its bytes are kept for the digest that idempotency compares. */
export interface JsonRequest extends Request {
  jsonBytes?: Buffer;
}

/** Throws unless the request comes from somebody signed in. */
export type RequireSignedIn = (request: Request) => Promise<unknown>;

/** Who is not signed in gets no large body read for them: reading and parsing it is work. */
export function jsonBodyReader(signedIn: RequireSignedIn, patience = PATIENCE, large = new LargeBodies()) {
  return (request: JsonRequest, response: Response, next: NextFunction): void => {
    const announced = Number(request.headers['content-length'] ?? Infinity);
    if (!LARGE_BODIES.test(request.path) || request.method !== 'POST' || announced <= LIMIT_BYTES) {
      readJsonBody(request, patience, next);
      return;
    }
    signedIn(request)
      .then(() => large.enter())
      .then((leave) => {
        response.once('close', leave);
        if (response.destroyed) leave();
        readJsonBody(request, patience, next);
      })
      .catch(next);
  };
}

/**
 * Reads JSON bodies strictly: announced as JSON, not encoded, bounded in size and time, UTF-8, no duplicate members, no NUL, no lone
 * surrogate, bounded depth. Parts of uploads pass unread: they stream to the store.
 */
function readJsonBody(request: JsonRequest, patience: BodyPatience, next: NextFunction): void {
  const announced = request.headers['content-length'];
  const hasBody = request.headers['transfer-encoding'] !== undefined || (announced !== undefined && announced !== '0');
  if (!hasBody || PART.test(request.path) || request.path === LOGOUT) {
    if (!hasBody) request.body = {};
    next();
    return;
  }
  const refused = refusalOf(request);
  if (refused) {
    next(refused);
    return;
  }
  collect(request, limitOf(request), patience)
    .then((bytes) => {
      request.jsonBytes = bytes;
      request.body = parseStrictJson(bytes);
      next();
    })
    .catch((error: unknown) => {
      next(error instanceof ManifestError ? new Problem('malformed-json', error.message) : error);
    });
}

/** What its header alone is refused for; null when the body is worth reading. */
function refusalOf(request: Request): Problem | null {
  const { 'content-type': type = '', 'content-encoding': encoding, 'content-length': announced } = request.headers;
  if (!/^application\/([a-z0-9.+-]+\+)?json\s*(;\s*charset=utf-8\s*)?$/i.test(type))
    return new Problem('media-type', 'the body must be application/json');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return new Problem('media-type', 'the body must not be encoded');
  return announced !== undefined && Number(announced) > limitOf(request) ? tooLarge(limitOf(request)) : null;
}

function limitOf({ path }: Request): number {
  return LARGE_BODIES.test(path) ? LARGE_JSON_LIMIT_BYTES : LIMIT_BYTES;
}

function tooLarge(limitBytes: number): Problem {
  return new Problem('too-large', `the body may have ${limitBytes} bytes`);
}

/** The whole body. @throws Problem 'too-large', 'request-timeout', 'short-body' */
function collect(request: Request, limitBytes: number, { stallMs, wholeMs }: BodyPatience): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const take = (piece: Buffer) => {
      size += piece.length;
      stall.refresh();
      if (size > limitBytes) settle(() => reject(tooLarge(limitBytes)));
      else pieces.push(piece);
    };
    const end = () => settle(() => resolve(Buffer.concat(pieces, size)));
    const broken = () => settle(() => reject(new Problem('short-body')));
    const late = () => settle(() => reject(new Problem('request-timeout')));
    const stall = setTimeout(late, stallMs);
    const whole = setTimeout(late, wholeMs);
    // Not destroyed on the way out: who sent too much, or too slowly, is told so.
    const settle = (act: () => void) => {
      clearTimeout(stall);
      clearTimeout(whole);
      request.off('data', take).off('end', end).off('error', broken).off('close', broken).pause();
      act();
    };
    request.on('data', take).once('end', end).once('error', broken).once('close', broken);
  });
}
