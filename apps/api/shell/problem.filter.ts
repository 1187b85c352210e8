import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Problem, type ProblemCode } from '#domain/contract';
import { CONFIG, type Config } from '#server/config';
import { IssuerUnreachable } from '#server/identity';
import { StoreError } from '#server/storage';

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  409: 'conflict',
  413: 'too-large',
  415: 'media-type',
  429: 'too-many-requests',
};
/** SQLSTATE classes and socket errors that mean a service is away, not that the request was wrong. */
const AWAY = /^(08|53|57)|^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND)$/;
const RETRY_AFTER_SECONDS = 2;

/** The one place where errors become answers: problem+json with a stable type, no stack, no secret. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger('problem');

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const problem = problemOf(error);
    if (problem.code === 'internal') this.log.error(error instanceof Error ? error.stack : 'not an error');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="amana"');
    if (problem.status === 503 || problem.status === 429) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    // A body left unread would be taken for the next request: close instead.
    if (!request.readableEnded && !request.complete) response.setHeader('Connection', 'close');
    response
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problem.body(this.config.publicUrl)));
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof IssuerUnreachable) return new Problem('unavailable', 'the identity provider does not answer');
  if (error instanceof StoreError) return ofStore(error);
  if (error instanceof HttpException) {
    const code = BY_STATUS[error.getStatus()];
    return code ? new Problem(code) : new Problem('internal');
  }
  const code = codeOf(error);
  if (code !== null && AWAY.test(code)) return new Problem('unavailable');
  if (error instanceof Error && /^(timeout exceeded when trying to connect|Connection terminated)/.test(error.message))
    return new Problem('unavailable');
  if (code === '22P05' || code === '22021')
    return new Problem('malformed-request', 'a text holds a character that cannot be stored');
  if (code === '40001' || code === '40P01')
    return new Problem('unavailable', 'others changed the same at once; try again');
  return new Problem('internal');
}

function ofStore(error: StoreError): Problem {
  switch (error.code) {
    case 'digest-mismatch':
      return new Problem('digest-mismatch');
    case 'short-body':
      return new Problem('short-body');
    case 'size-mismatch':
      return new Problem('part-size');
    case 'unreachable':
      return new Problem('unavailable', 'the evidence store does not answer');
    default:
      return new Problem('internal');
  }
}

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const found = driverError?.code ?? code;
  return typeof found === 'string' ? found : null;
}
