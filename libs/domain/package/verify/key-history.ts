import {
  type AgencyStatement,
  ManifestError,
  parseStrictJson,
  readJws,
  SUCCESSION_TYP,
  verifyKeyHistory,
  type KeyEpoch,
} from '#domain/manifest';
import { LinkFault } from '../verdict.js';
import { holding } from './examination.js';

const LINK = 'signer-certificate';

/** A file of `data/keys/` that was read. */
export interface KeyFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** How the keys of agencies followed each other, as far as the package shows it. */
export class KeyHistories {
  readonly #epochs = new Map<string, readonly KeyEpoch[]>();

  /**
   * @param statements those in the package, verified, with their files
   * @param successions files that say which keys follow which
   * @throws LinkFault when a word for keys does not hold, or is of keys that the package has not
   */
  static async read(
    statements: readonly (KeyFile & { readonly statement: AgencyStatement })[],
    successions: readonly KeyFile[],
  ): Promise<KeyHistories> {
    const histories = new KeyHistories();
    const words = new Map<string, Map<number, KeyFile>>();
    for (const file of successions) {
      const { agencyId, epoch } = await holding(LINK, ManifestError, () => aboutOf(file.bytes), file.path);
      const ofAgency = words.get(agencyId) ?? new Map<number, KeyFile>();
      if (ofAgency.has(epoch)) throw new LinkFault(LINK, `${file.path}: two words for the keys of epoch ${epoch}`);
      words.set(agencyId, ofAgency.set(epoch, file));
    }
    for (const [agencyId, ofAgency] of words) {
      const own = statements
        .filter(({ statement }) => statement.agencyId === agencyId)
        .toSorted((one, other) => one.statement.epoch - other.statement.epoch);
      const published = own.map(({ bytes, statement: { epoch } }, at) => ({
        statement: bytes,
        succession: at === 0 ? null : (ofAgency.get(epoch)?.bytes ?? null),
      }));
      if (published.length !== ofAgency.size + 1)
        throw new LinkFault(LINK, `the keys of agency ${agencyId} and the words for them are not all there`);
      histories.#epochs.set(
        agencyId,
        await holding(LINK, ManifestError, () => verifyKeyHistory(published), `keys of agency ${agencyId}`),
      );
    }
    return histories;
  }

  /** Whether two keys are one, or of one history: in it each vouches for the next, which names it its predecessor. */
  connects(agencyId: string, from: string, to: string): boolean {
    if (from === to) return true;
    const epochs = this.#epochs.get(agencyId) ?? [];
    const [first, last] = [from, to].map((kid) => epochs.findIndex((epoch) => epoch.kid === kid));
    return first !== undefined && last !== undefined && first >= 0 && last >= 0;
  }

  /** When the agency left this key; null where the package does not say that it did. */
  leftAt(agencyId: string, kid: string): Date | null {
    return this.#epochs.get(agencyId)?.find((epoch) => epoch.kid === kid)?.until ?? null;
  }
}

/** Whose keys a word is for, which is not verified yet. @throws ManifestError */
function aboutOf(bytes: Uint8Array): Promise<{ agencyId: string; epoch: number }> {
  const { payloadBytes } = readJws(bytes, { [SUCCESSION_TYP]: [] });
  const { agencyId, epoch } = parseStrictJson(payloadBytes) as { agencyId?: unknown; epoch?: unknown };
  if (typeof agencyId !== 'string' || typeof epoch !== 'number')
    return Promise.reject(new ManifestError('bad-document', 'does not say whose keys it is for'));
  return Promise.resolve({ agencyId, epoch });
}
