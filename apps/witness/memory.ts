import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatVerifierKey, ProofError, type VerifierKey } from '#domain/merkle';
import { replaceFile, UNFINISHED } from './durable-file.js';
import { originHash, readHeldHead, type HeldHead } from './held-head.js';
import { readIdentity, requireSameWitness, WHEN_MEMORY_IS_LOST, writeIdentity, type Identity } from './identity.js';
import { StartupError } from './startup-error.js';

/** Whom the memory belongs to, and what it takes to believe it. */
export interface MemoryOwner {
  readonly own: readonly VerifierKey[];
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>;
  /** Whether the key never cosigned: only then may the memory be empty. */
  readonly unused: boolean;
}

/**
 * What a witness remembers: for each log the last head that it cosigned, a file each. The folder is ours alone (see
 * `lockFolder`) and the last to be trusted: every file is verified when it is read, and a missing one is missed.
 */
export class Memory {
  readonly #folder: string;
  readonly #heads: Map<string, HeldHead>;
  #identity: Identity;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, heads: Map<string, HeldHead>, identity: Identity) {
    this.#folder = folder;
    this.#heads = heads;
    this.#identity = identity;
  }

  /** Reads and verifies all of it. @throws StartupError 'memory' when it is damaged, gone, or another's */
  static async open(folder: string, owner: MemoryOwner): Promise<Memory> {
    const found = await readIdentity(folder);
    if (found !== null) requireSameWitness(folder, found, owner.own);
    await mkdir(headsOf(folder), { recursive: true, mode: 0o700 });
    const heads = await readHeads(headsOf(folder), owner);
    if (found === null && (!owner.unused || heads.size > 0)) throw forgotten(folder);
    for (const hash of found?.cosigned ?? []) {
      if (!heads.has(hash)) throw damaged(headFile(folder, hash), 'is gone');
    }
    // A crash may have come between the first head of a log and its being listed.
    const identity: Identity = { verifierKeys: owner.own.map(formatVerifierKey), cosigned: [...heads.keys()].sort() };
    if (JSON.stringify(found) !== JSON.stringify(identity)) await writeIdentity(folder, identity);
    return new Memory(folder, heads, identity);
  }

  /** The last head cosigned for a log. */
  held(origin: string): HeldHead | undefined {
    return this.#heads.get(originHash(origin));
  }

  /** @param hash see `originHash` */
  heldByHash(hash: string): HeldHead | undefined {
    return this.#heads.get(hash);
  }

  /**
   * Compare-and-swap: puts `next` in place of `previous`. Durable on return. Calls for one origin come one at a time.
   * @throws UncertainWrite when either may be on the disk: the process must end; another error when nothing has changed
   */
  async replace(previous: HeldHead | undefined, next: HeldHead): Promise<void> {
    const hash = originHash(next.origin);
    if (this.#heads.get(hash) !== previous) throw new Error(`the head of ${hash} has changed meanwhile`);
    if (previous !== undefined && next.size < previous.size) throw new Error(`the head of ${hash} would shrink`);
    await replaceFile(headFile(this.#folder, hash), next.note, 'head');
    this.#heads.set(hash, next);
    if (!this.#identity.cosigned.includes(hash)) await this.#list(hash);
  }

  /** All logs share the list: one writes it at a time. Until it is written the head is answered for by nobody. */
  #list(hash: string): Promise<void> {
    const write = async () => {
      const identity = { ...this.#identity, cosigned: [...this.#identity.cosigned, hash].sort() };
      await writeIdentity(this.#folder, identity);
      this.#identity = identity;
    };
    const turn = this.#writing.then(write, write);
    this.#writing = turn;
    return turn;
  }
}

async function readHeads(folder: string, { own, logs }: MemoryOwner): Promise<Map<string, HeldHead>> {
  const heads = new Map<string, HeldHead>();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith(UNFINISHED)) {
      await rm(path);
      continue;
    }
    const head = await readHead(path, own, logs);
    if (name !== `${originHash(head.origin)}${NOTE}`) throw damaged(path, `is the head of ${head.origin}`);
    heads.set(originHash(head.origin), head);
  }
  return heads;
}

async function readHead(path: string, own: MemoryOwner['own'], logs: MemoryOwner['logs']): Promise<HeldHead> {
  const note = new Uint8Array(await readFile(path));
  try {
    return readHeldHead(note, own, logs);
  } catch (error) {
    throw damaged(path, `is damaged: ${error instanceof ProofError ? error.message : String(error)}`);
  }
}

const NOTE = '.note';
const headsOf = (folder: string) => join(folder, 'heads');
const headFile = (folder: string, hash: string) => join(headsOf(folder), `${hash}${NOTE}`);

const damaged = (path: string, what: string) => new StartupError('memory', `${path} ${what}. ${WHEN_MEMORY_IS_LOST}`);

const forgotten = (folder: string) =>
  new StartupError(
    'memory',
    `${folder} is not the memory of a witness, and the key has cosigned before. Is it the right folder, is its disk ` +
      `mounted? If the memory is lost: ${WHEN_MEMORY_IS_LOST}`,
  );
