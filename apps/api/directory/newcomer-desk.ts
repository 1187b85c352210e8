import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from '#domain/contract';
import { Newcomers, type Person, TokenError } from '#server/identity';
import { Challenge } from '../shell/index.js';

/** A request that the desk let in. */
export interface NewcomersRequest extends Request {
  person?: Person;
}

/**
 * Lets in who the issuer knows and the directory does not, by the same token and proof as of any other. A guard, so that nobody's body is
 * looked at before it is known who sends it.
 */
@Injectable()
export class NewcomerDesk implements CanActivate {
  constructor(private readonly newcomers: Newcomers) {}

  /** @throws Problem 'unauthenticated', 'conflict' for who is an officer already */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<NewcomersRequest>();
    const { headers, method, originalUrl } = request;
    const { authorization, dpop } = headers;
    if (authorization === undefined) throw new Problem('unauthenticated');
    const proof = Array.isArray(dpop) ? dpop.join(',') : dpop;
    const person = await challenged(this.newcomers.person({ authorization, proof, method, target: originalUrl }));
    if (!person) throw new Problem('conflict', 'who signs in is an officer already');
    request.person = person;
    return true;
  }

  /** Who was let in, with the address that the issuer verified. @throws Problem 'unauthenticated' */
  async addressed({ person }: NewcomersRequest, idToken: string): Promise<Person & { readonly email: string }> {
    if (!person) throw new Problem('unauthenticated');
    return { ...person, email: await challenged(this.newcomers.verifiedAddress(person, idToken)) };
  }
}

function challenged<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    throw error instanceof TokenError ? Challenge.of(error) : error;
  });
}
