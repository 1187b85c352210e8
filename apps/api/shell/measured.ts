import type { NextFunction, Request, Response } from 'express';
import type { HttpMetrics } from '#server/operations';
import { PART } from './json-body.js';

const NANOSECONDS = 1e9;

/** Times every request until its answer is over, however that ends. */
export function measured(metrics: HttpMetrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const began = process.hrtime.bigint();
    const partIsOver = request.method === 'PUT' && PART.test(request.path) ? metrics.partArrives() : null;
    response.once('close', () => {
      partIsOver?.();
      const { path } = (request.route ?? {}) as { path?: string };
      const seconds = Number(process.hrtime.bigint() - began) / NANOSECONDS;
      metrics.answered(knownMethod(request.method), path ?? null, response.statusCode, seconds);
    });
    next();
  };
}

/** A series a method, and clients may invent methods. */
function knownMethod(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].includes(method) ? method : 'other';
}
