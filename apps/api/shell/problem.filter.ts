import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { Problem, type ProblemCode } from '#domain/contract';
import { Authority } from '#server/authority';
import { IssuerUnreachable } from '#server/identity';
import { StoreError } from '#server/storage';
import { allowedMethods } from './allowed-methods.js';
import { Challenge } from './challenge.js';
import type { AuthenticatedRequest } from './officer.guard.js';
import { SignedIn } from './signed-in.js';
import { flowOff } from './unread-body.js';

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

  constructor(
    private readonly authority: Authority,
    private readonly signedIn: SignedIn,
  ) {}

  async catch(thrown: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const error = await this.kept(request, thrown);
    const response = http.getResponse<Response>();
    const methods = isRouteless(error) ? allowedMethods(request) : [];
    const problem = methods.length > 0 ? new Problem('method-not-allowed') : problemOf(error);
    if (problem.code === 'internal') this.log.error(error instanceof Error ? error.stack : 'not an error');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (methods.length > 0) response.setHeader('Allow', methods.join(', '));
    if (problem.status === 401) await this.challenge(response, problem);
    if (problem.status === 503 || problem.status === 429) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    if (!(await flowOff(request))) response.setHeader('Connection', 'close');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem.body()));
  }

  private async challenge(response: Response, problem: Problem): Promise<void> {
    const isChallenge = problem instanceof Challenge;
    response.setHeader('WWW-Authenticate', isChallenge ? problem.field : Challenge.plainField);
    if (isChallenge && problem.wantsNonce) response.setHeader('DPoP-Nonce', await this.signedIn.nonce());
  }

  /** A refusal is on the record before it is an answer; when it cannot be kept, that is the answer. */
  private async kept({ officer, method, route }: AuthenticatedRequest, error: unknown): Promise<unknown> {
    if (!officer) return error;
    try {
      await this.authority.keep(
        officer,
        `${method} ${(route as { path?: string } | undefined)?.path ?? ''}`.trim(),
        error,
      );
      return error;
    } catch (unkept) {
      return unkept;
    }
  }
}

/** The router's own 404: use cases throw problems. */
function isRouteless(error: unknown): boolean {
  return error instanceof HttpException && error.getStatus() === 404;
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
    case 'source-failed':
      return new Problem('short-body');
    case 'long-body':
    case 'size-mismatch':
      return new Problem('part-size');
    case 'superseded':
      return new Problem('conflict', 'another attempt at the same overtook this one');
    case 'invalid-part':
      return new Problem('conflict', 'a part has changed since; ask for what is there');
    case 'unreachable':
      return new Problem('unavailable', 'the evidence store does not answer');
    case 'full':
      return new Problem('storage-full');
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
