import { Global, Inject, Module, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { CONFIG, type Config } from '#server/config';
import { Readiness } from '#server/operations';
import { EvidenceStore } from './evidence-store.js';
import { storeFrom } from './store-from.js';

/** The one store of this process. A store that lets a locked object go is not started on. */
@Global()
@Module({
  providers: [{ provide: EvidenceStore, inject: [CONFIG], useFactory: ({ store }: Config) => storeFrom(store) }],
  exports: [EvidenceStore],
})
export class StorageModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(EvidenceStore) private readonly store: EvidenceStore,
    @Optional() private readonly readiness?: Readiness,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.selfTest();
    this.readiness?.add('store', () => this.store.ping());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}
