import { Global, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '#server/config';
import { EvidenceStore } from './evidence-store.js';
import { storeFrom } from './store-from.js';

/** The one store of this process. A store that lets a locked object go is not started on. */
@Global()
@Module({
  providers: [{ provide: EvidenceStore, inject: [CONFIG], useFactory: ({ store }: Config) => storeFrom(store) }],
  exports: [EvidenceStore],
})
export class StorageModule implements OnModuleInit, OnApplicationShutdown {
  constructor(@Inject(EvidenceStore) private readonly store: EvidenceStore) {}

  async onModuleInit(): Promise<void> {
    await this.store.selfTest();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}
