import { Global, Module, type OnModuleInit, Optional } from '@nestjs/common';
import { Readiness } from '#server/operations';
import { Logouts } from './logouts.js';
import { Newcomers } from './newcomers.js';
import { Officers } from './officers.js';
import { ProofNonces } from './proof-nonces.js';
import { SignIns } from './sign-ins.js';
import { TokenVerifier } from './token-verifier.js';

@Global()
@Module({
  providers: [Officers, TokenVerifier, ProofNonces, SignIns, Logouts, Newcomers],
  exports: [Officers, SignIns, Logouts, Newcomers],
})
export class IdentityModule implements OnModuleInit {
  constructor(
    private readonly tokens: TokenVerifier,
    @Optional() private readonly readiness?: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness?.add('issuer-keys', () => this.tokens.keysAtHand());
  }
}
