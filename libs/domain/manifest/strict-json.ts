import { ManifestError } from './manifest-error.js';

/** Objects and arrays within each other, at most. */
export const MAX_JSON_DEPTH = 64;

const FORBIDDEN_MEMBERS: ReadonlySet<string> = new Set(['__proto__', 'constructor']);
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses JSON that everybody reads alike (RFC 8259 as narrowed by I-JSON, RFC 7493): UTF-8 without BOM, no member twice,
 * no lone surrogate, no number that a double does not hold, no U+0000, no more than 64 levels, nothing after the value.
 *
 * @throws ManifestError with a `json-…` code
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const scanner = new Scanner(decodeUtf8(bytes));
  const value = scanner.value(0);
  scanner.end();
  return value;
}

/** Whether a text has half of a surrogate pair, which UTF-8 cannot carry. */
export function hasLoneSurrogate(text: string): boolean {
  // The first question is cheap, and most texts have neither half.
  return /[\ud800-\udfff]/.test(text) && /\p{Surrogate}/u.test(text);
}

/** Why a number is none of ours, or null. */
export function numberFault(value: number): string | null {
  if (!Number.isFinite(value)) return 'a number is not finite';
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return 'an integer is beyond 2^53';
  return null;
}

function decodeUtf8(bytes: Uint8Array): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new ManifestError('json-bom', 'JSON begins with a byte order mark');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ManifestError('json-not-utf8', 'JSON is not UTF-8');
  }
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(this.#deeper(depth));
      case '[':
        return this.#array(this.#deeper(depth));
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length)
      throw new ManifestError('json-trailing', `${this.#where()}: something follows the value`);
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at += 1;
    if (this.#takes('}')) return object;
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#syntax();
      const name = this.#string();
      if (FORBIDDEN_MEMBERS.has(name))
        throw new ManifestError('json-forbidden-member', `${this.#where()}: a member "${name}"`);
      if (Object.hasOwn(object, name)) {
        throw new ManifestError(
          'json-duplicate-member',
          `${this.#where()}: a member ${JSON.stringify(name)} for the second time`,
        );
      }
      if (!this.#takes(':')) throw this.#syntax();
      object[name] = this.value(depth);
    } while (this.#takes(','));
    if (!this.#takes('}')) throw this.#syntax();
    return object;
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#at += 1;
    if (this.#takes(']')) return array;
    do array.push(this.value(depth));
    while (this.#takes(','));
    if (!this.#takes(']')) throw this.#syntax();
    return array;
  }

  #string(): string {
    const start = this.#at;
    let isPlain = true;
    for (let at = start + 1; at < this.#text.length; at++) {
      const unit = this.#text.charCodeAt(at);
      if (unit === QUOTE) {
        this.#at = at + 1;
        return isPlain ? this.#text.slice(start + 1, at) : this.#unescape(this.#text.slice(start, at + 1));
      }
      if (unit === BACKSLASH) at += 1;
      if (unit === BACKSLASH || unit < 0x20) isPlain = false;
    }
    this.#at = this.#text.length;
    throw this.#syntax();
  }

  #unescape(quoted: string): string {
    let text: string;
    try {
      text = JSON.parse(quoted) as string;
    } catch {
      throw this.#syntax();
    }
    if (hasLoneSurrogate(text))
      throw new ManifestError('json-lone-surrogate', `${this.#where()}: half of a surrogate pair`);
    if (text.includes('\0')) throw new ManifestError('json-nul', `${this.#where()}: U+0000 in a text`);
    return text;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#syntax();
    const value = Number(digits);
    const isLost = value === 0 && /[1-9]/.test(digits.split(/[eE]/)[0] ?? '');
    const fault = isLost ? 'a number is too small to tell from zero' : numberFault(value);
    if (fault !== null) throw new ManifestError('json-number', `${this.#where()}: ${fault}`);
    this.#at += digits.length;
    return value;
  }

  #literal<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#syntax();
    this.#at += word.length;
    return value;
  }

  #deeper(depth: number): number {
    if (depth >= MAX_JSON_DEPTH)
      throw new ManifestError('json-too-deep', `${this.#where()}: more than ${MAX_JSON_DEPTH} levels`);
    return depth + 1;
  }

  #takes(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.#at += 1;
    }
  }

  #syntax(): ManifestError {
    return new ManifestError('json-syntax', `${this.#where()}: not JSON`);
  }

  #where(): string {
    return `at character ${this.#at}`;
  }
}
