import type { IntakeReceipt, RegisterExhibit } from '#domain/contract';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { addSeal, objectVersionsSha256, readManifest, sealedCounts, signerOf } from '#domain/manifest';
import { GOLDEN_IDS, type GoldenKeys } from './golden-keys.js';
import { GoldenLog, appendAll } from './golden-log.js';
import { exhibitView } from './stub-answers.js';
import { type Answer, type Question, jsonAnswer } from './stub-wire.js';

/** Takes one exhibit, whatever is sent, and seals it as soon as its manifest is there. */
export class StubIntake {
  readonly #keys: GoldenKeys;
  #registration: RegisterExhibit | undefined;
  #manifest: unknown;

  constructor(keys: GoldenKeys) {
    this.#keys = keys;
  }

  /** Null for what is none of intake's. */
  async answer({ method, url, body }: Question): Promise<Answer | null> {
    const path = url.pathname;
    if (method === 'POST' && path === '/v1/exhibits')
      this.#registration = JSON.parse(body.toString()) as RegisterExhibit;
    if (this.#registration === undefined) return null;
    if (method === 'POST' && path.endsWith('/manifest')) this.#manifest = JSON.parse(body.toString());
    if (path === '/v1/uploads') return jsonAnswer({ items: this.#uploads(), next: null });
    const part = /^\/v1\/uploads\/[^/]+\/parts\/(\d+)$/.exec(path);
    if (part) return jsonAnswer({ number: Number(part[1]), sizeBytes: body.length, fileState: 'stored' });
    if (path === `/v1/exhibits/${this.#registration.id}/receipt`) return jsonAnswer(await this.receipt());
    return path.startsWith('/v1/exhibits') ? jsonAnswer(this.#detail()) : null;
  }

  /** The receipt of what was taken: sealed, and truly in a log of the platform's. */
  async receipt(): Promise<IntakeReceipt> {
    const { statement: manifest, payloadSha256 } = readManifest(this.#manifest);
    const seal = {
      sealedAt: new Date().toISOString(),
      objectVersionsSha256: objectVersionsSha256([]),
      verified: sealedCounts(manifest),
    };
    const lines = appendAll([
      {
        kind: 'exhibit-sealed',
        chain: { kind: 'case', id: GOLDEN_IDS.case },
        exhibitId: manifest.exhibitId,
        actor: { kind: 'platform', component: 'worker' },
        result: 'done',
        hashAfter: payloadSha256,
      },
    ]);
    const log = new GoldenLog(lines);
    const [event] = await log.packaged(lines, log.checkpoint(this.#keys.log));
    if (event === undefined) throw new Error('there is one event');
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    return {
      exhibitId: manifest.exhibitId,
      manifest: await addSeal(this.#manifest, seal, await signerOf(this.#keys.platform)),
      sealedEventIndex: event.index,
      proof: new TextDecoder().decode(event.proof),
      event: { salt: base64(event.salt), body: base64(event.body) },
    };
  }

  #uploads() {
    return (this.#registration?.files ?? []).map(({ id, sealedSizeBytes }) => ({
      ...{ fileId: id, exhibitId: this.#registration?.id, state: 'announced' },
      ...{ partSizeBytes: PART_SIZE_BYTES, sealedSizeBytes, received: [] },
    }));
  }

  #detail() {
    const { id, number, caseNumber, facts, files = [] } = this.#registration ?? {};
    const base = { exhibitId: id, exhibitNumber: number, caseNumber, files };
    const manifest = { ...base, agencyId: GOLDEN_IDS.agency, officerId: GOLDEN_IDS.officer };
    return {
      ...exhibitView(manifest as unknown as Parameters<typeof exhibitView>[0]),
      state: this.#manifest === undefined ? 'registered' : 'sealed',
      ...{ facts, manifest: this.#manifest ?? null, files: [] },
    };
  }
}
