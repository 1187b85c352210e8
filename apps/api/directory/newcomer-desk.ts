import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from '#domain/contract';
import { Newcomers, type Person, TokenError } from '#server/identity';
import { Challenge } from '../shell/index.js';

/** Who sends a request whom the issuer knows and the directory does not: by the same token and proof as of any other. */
@Injectable()
export class NewcomerDesk {
  constructor(private readonly newcomers: Newcomers) {}

  /** @throws Problem 'unauthenticated', 'conflict' for who is an officer already */
  async personOf({ headers, method, originalUrl }: Request): Promise<Person> {
    const { authorization, dpop } = headers;
    if (authorization === undefined) throw new Problem('unauthenticated');
    const proof = Array.isArray(dpop) ? dpop.join(',') : dpop;
    const person = await challenged(this.newcomers.person({ authorization, proof, method, target: originalUrl }));
    if (!person) throw new Problem('conflict', 'who signs in is an officer already');
    return person;
  }

  /** The same with the address that the issuer verified. @throws Problem 'unauthenticated', 'conflict' */
  async addressedPerson(request: Request, idToken: string): Promise<Person & { readonly email: string }> {
    const person = await this.personOf(request);
    return { ...person, email: await challenged(this.newcomers.verifiedAddress(person, idToken)) };
  }
}

function challenged<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    throw error instanceof TokenError ? Challenge.of(error) : error;
  });
}
