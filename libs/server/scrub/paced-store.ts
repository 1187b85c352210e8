import type { EvidenceStore } from '#server/storage';
import type { Pace } from './pace.js';

type Read = Pick<EvidenceStore, 'getObject' | 'latest' | 'read' | 'stat' | 'putObject' | 'remove'>;

/** A store that is read at a pace. What is written goes through as it is. */
export class PacedStore implements Read {
  constructor(
    private readonly store: Read,
    private readonly pace: Pace,
  ) {}

  putObject: Read['putObject'] = (key, bytes) => this.store.putObject(key, bytes);
  remove: Read['remove'] = (key, versionId) => this.store.remove(key, versionId);
  latest: Read['latest'] = (key) => this.store.latest(key);
  stat: Read['stat'] = (key, versionId) => this.store.stat(key, versionId);
  read: Read['read'] = (key, versionId, range) => this.store.read(key, versionId, range);

  getObject: Read['getObject'] = async (key, versionId) => {
    const bytes = await this.store.getObject(key, versionId);
    await this.pace.took(bytes.length);
    return bytes;
  };

  /** A version's bytes from first to last. */
  async *stream(key: string, versionId: string): AsyncGenerator<Uint8Array> {
    for await (const chunk of (await this.store.read(key, versionId)) as AsyncIterable<Uint8Array>) {
      await this.pace.took(chunk.length);
      yield chunk;
    }
  }
}
