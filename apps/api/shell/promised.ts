import type { NextFunction, Request, Response } from 'express';
import { Answer, type PromiseSigner } from '#server/custody';

/**
 * Every answer whose request put events on the record carries the platform's promise that the log will have them, signed: whatever the
 * route, and whether it did what was asked or refused it. The field is written with the header, when all that is told of is durable.
 */
export function promised(signer: PromiseSigner) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    const answer = new Answer();
    // Of all that writes a header, implicitly or not, this is the last to be called.
    const writeHead = response.writeHead.bind(response) as (...parts: unknown[]) => Response;
    response.writeHead = (...parts: unknown[]) => {
      const promise = response.headersSent ? null : signer.header(answer.promised(new Date()));
      if (promise !== null) response.setHeader('Amana-Promise', promise);
      return writeHead(...parts);
    };
    answer.within(next);
  };
}
