import { Global, Module } from '@nestjs/common';
import { Officers } from './officers.js';
import { TokenVerifier } from './token-verifier.js';

@Global()
@Module({ providers: [Officers, TokenVerifier], exports: [Officers, TokenVerifier] })
export class IdentityModule {}
