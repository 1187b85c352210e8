import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from '#domain/contract';
import { type SignIn, SignIns, TokenError } from '#server/identity';
import { Challenge } from './challenge.js';

/** Who sends a request. Asked once for each, whoever needs to know: a proof is good for one answer. */
@Injectable()
export class SignedIn {
  private readonly known = new WeakMap<Request, Promise<SignIn>>();

  constructor(private readonly signIns: SignIns) {}

  /** @throws Problem 'unauthenticated', a Challenge where something was presented that does not hold */
  of(request: Request): Promise<SignIn> {
    let asked = this.known.get(request);
    if (!asked) {
      asked = this.ask(request);
      this.known.set(request, asked);
    }
    return asked;
  }

  /** What the next proof is to say. */
  nonce(): Promise<string> {
    return this.signIns.nonce();
  }

  private async ask({ headers, method, originalUrl }: Request): Promise<SignIn> {
    const proof = headers.dpop;
    const presented = {
      authorization: headers.authorization,
      proof: Array.isArray(proof) ? proof.join(',') : proof,
      ...{ method, target: originalUrl },
    };
    try {
      const signIn = await this.signIns.authenticate(presented);
      if (!signIn) throw new Problem('unauthenticated');
      return signIn;
    } catch (error) {
      throw error instanceof TokenError ? Challenge.of(error) : error;
    }
  }
}
