import { Global, Module } from '@nestjs/common';
import { readConfig } from './config.js';

/** Injection token of the configuration. */
export const CONFIG = Symbol('Config');

@Global()
@Module({
  providers: [{ provide: CONFIG, useFactory: () => readConfig(process.env) }],
  exports: [CONFIG],
})
export class ConfigModule {}
