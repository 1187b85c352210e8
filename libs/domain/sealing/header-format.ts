import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64nopad } from '@scure/base';
import { SealingError } from './sealing-error.js';

/** One wrapping of the file key: type and arguments, and a body. */
export interface Stanza {
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

export interface ParsedHeader {
  readonly stanzas: readonly Stanza[];
  readonly mac: Uint8Array;
  readonly headerSizeBytes: number;
  /** What the MAC is over: the header up to and including its `---`. A view of the bytes parsed. */
  readonly authenticated: Uint8Array;
}

const VERSION_LINE = 'age-encryption.org/v1';
const MAC_SIZE_BYTES = 32;
const BODY_COLUMNS = 64;
const BODY_LINE_BYTES = 48;
const LINE_FEED = 0x0a;
/** Of bytes that were seen to be ASCII. */
const ASCII = new TextDecoder();

/** No header of ours comes near; without an end a file that is none would be read through. */
const MAX_HEADER_SIZE_BYTES = 1024 * 1024;

/**
 * Reads the header that `bytes` begin with; what follows it is left alone. C2SP age.md, "ABNF definition of file header":
 * nothing looser is taken (CRLF, padding, stray bits, empty arguments). A scrypt stanza stands alone.
 *
 * @throws SealingError 'bad-header'; 'header-truncated' when all there is so far would do
 */
export function parseHeader(bytes: Uint8Array): ParsedHeader {
  const lines = new Lines(bytes);
  if (lines.next() !== VERSION_LINE) throw bad('the first line is not "age-encryption.org/v1"');
  const stanzas: Stanza[] = [];
  for (;;) {
    const start = lines.offset;
    const line = lines.next();
    if (line.startsWith('-> ')) {
      stanzas.push({ args: parseArgs(line), body: parseBody(lines) });
      continue;
    }
    if (!line.startsWith('--- ')) throw bad('a line is neither a stanza nor the MAC');
    if (stanzas.length === 0) throw bad('there is no stanza');
    if (stanzas.length > 1 && stanzas.some(({ args }) => args[0] === 'scrypt')) {
      throw bad('a passphrase stanza does not stand alone');
    }
    const mac = decodeBase64(line.slice(4));
    if (mac.length !== MAC_SIZE_BYTES) throw bad('the MAC is not 32 bytes');
    return { stanzas, mac, headerSizeBytes: lines.offset, authenticated: bytes.subarray(0, start + 3) };
  }
}

/** What the MAC is made over: the header up to and including its `---`. */
export function encodeUnauthenticated(stanzas: readonly Stanza[]): Uint8Array {
  const lines = [VERSION_LINE];
  for (const { args, body } of stanzas) {
    lines.push(['->', ...args].join(' '));
    // A body ends with a line shorter than 64 columns, which is empty when the rest is whole lines.
    for (let at = 0; at <= body.length; at += BODY_LINE_BYTES) {
      lines.push(base64nopad.encode(body.subarray(at, at + BODY_LINE_BYTES)));
    }
  }
  return utf8ToBytes(`${lines.join('\n')}\n---`);
}

/** The end of the header, after its `---`. */
export function encodeMac(mac: Uint8Array): Uint8Array {
  return utf8ToBytes(` ${base64nopad.encode(mac)}\n`);
}

/** Canonical base64 without padding. @throws SealingError 'bad-header' */
export function decodeBase64(text: string): Uint8Array {
  try {
    return base64nopad.decode(text);
  } catch {
    throw bad('base64 is not canonical');
  }
}

function parseArgs(line: string): string[] {
  const args = line.slice(3).split(' ');
  if (args.some((arg) => !/^[\x21-\x7e]+$/.test(arg))) throw bad('a stanza argument is empty or not printable ASCII');
  return args;
}

function parseBody(lines: Lines): Uint8Array {
  let text = '';
  for (;;) {
    const line = lines.next();
    if (line.length > BODY_COLUMNS) throw bad('a line of a stanza body is too long');
    text += line;
    if (line.length < BODY_COLUMNS) return decodeBase64(text);
  }
}

/** LF-ended lines of ASCII at the start of something longer. */
class Lines {
  offset = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): string {
    const start = this.offset;
    for (let at = start; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (byte === LINE_FEED) {
        this.offset = at + 1;
        return ASCII.decode(this.#bytes.subarray(start, at));
      }
      if (byte < 0x20 || byte > 0x7e) throw bad('a byte is not printable ASCII');
      if (at >= MAX_HEADER_SIZE_BYTES) throw bad('it has no end within 1 MiB');
    }
    throw new SealingError('header-truncated', 'the bytes end within the age header');
  }
}

function bad(reason: string): SealingError {
  return new SealingError('bad-header', `not an age header: ${reason}`);
}
