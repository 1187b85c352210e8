import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { FetchError, type FetchStart, type OpenerKeys, SCRATCH_SIZE_BYTES, WindowOpener } from '#client/fetch';
import type { ManifestFile } from '#domain/manifest';
import { nodeAead } from './aead.js';
import { nodeSha256 } from './chunk-hasher.js';

const READ_BYTES = 1024 * 1024;

/** What the opening thread is asked; one file at a time, each question answered by one answer. */
export type OpenQuestion =
  | {
      readonly kind: 'begin';
      readonly file: ManifestFile;
      readonly keys: OpenerKeys;
      readonly start: FetchStart;
      readonly path: string;
    }
  | { readonly kind: 'open'; readonly window: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'finish' }
  | { readonly kind: 'abandon' };

export interface OpenDone {
  readonly kind: 'done';
  readonly sha256: Uint8Array | null;
  /** That of the window, given back. */
  readonly memory: ArrayBuffer | null;
}

export type OpenAnswer =
  | OpenDone
  | {
      readonly kind: 'failed';
      readonly name: string;
      readonly code: string;
      readonly message: string;
      readonly subject: string | undefined;
    };

/** The thread that checks chunks, deciphers, hashes the plaintext and writes it. */
export function runOpenThread(control: MessagePort): void {
  let file: OpenFile | undefined;
  control.on('message', (question: OpenQuestion) => {
    let answer: OpenAnswer = { kind: 'done', sha256: null, memory: null };
    try {
      if (question.kind === 'begin') file = new OpenFile(question);
      else if (question.kind === 'open') {
        file?.open(question.window);
        answer = { ...answer, memory: question.window.buffer };
      } else {
        if (question.kind === 'finish') answer = { ...answer, sha256: file?.finish() ?? null };
        else file?.close();
        file = undefined;
      }
    } catch (cause) {
      answer = failed(cause);
    }
    control.postMessage(answer, answer.kind === 'done' && answer.memory ? [answer.memory] : []);
  });
}

class OpenFile {
  readonly #opener: WindowOpener;
  readonly #hash: Hash = createHash('sha256');
  readonly #descriptor: number;
  readonly #scratch = new Uint8Array(SCRATCH_SIZE_BYTES);
  #position: number;

  constructor({ file, keys, start, path }: Extract<OpenQuestion, { kind: 'begin' }>) {
    this.#opener = new WindowOpener(file, keys, start, nodeAead, nodeSha256);
    this.#position = start.plainBytes;
    this.#descriptor = openSync(path, constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
    ftruncateSync(this.#descriptor, start.plainBytes);
    this.#hashWhatIsThere();
  }

  open(window: Uint8Array): void {
    this.#opener.open(window, (plaintext) => this.#append(plaintext), this.#scratch);
  }

  finish(): Uint8Array {
    this.close();
    return new Uint8Array(this.#hash.digest());
  }

  close(): void {
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }

  #append(plaintext: Uint8Array): void {
    this.#hash.update(plaintext);
    for (let at = 0; at < plaintext.length;) {
      const written = writeSync(this.#descriptor, plaintext, at, plaintext.length - at, this.#position);
      at += written;
      this.#position += written;
    }
  }

  #hashWhatIsThere(): void {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let at = 0; at < this.#position;) {
      const sizeBytes = readSync(this.#descriptor, buffer, 0, Math.min(READ_BYTES, this.#position - at), at);
      if (sizeBytes === 0) return; // too short: the digest will say so
      this.#hash.update(buffer.subarray(0, sizeBytes));
      at += sizeBytes;
    }
  }
}

function failed(cause: unknown): OpenAnswer {
  if (!(cause instanceof Error))
    return { kind: 'failed', name: 'Error', code: 'unknown', message: String(cause), subject: undefined };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown';
  const subject = cause instanceof FetchError ? cause.subject : undefined;
  return { kind: 'failed', name: cause.name, code, message: cause.message, subject };
}
