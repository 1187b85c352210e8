import { Global, Module, type OnModuleInit, Optional } from '@nestjs/common';
import { Readiness } from '#server/operations';
import { Officers } from './officers.js';
import { TokenVerifier } from './token-verifier.js';

@Global()
@Module({ providers: [Officers, TokenVerifier], exports: [Officers, TokenVerifier] })
export class IdentityModule implements OnModuleInit {
  constructor(
    private readonly tokens: TokenVerifier,
    @Optional() private readonly readiness?: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness?.add('issuer-keys', () => this.tokens.keysAtHand());
  }
}
