import { BagError } from './bag-error.js';
import { decodeUtf8 } from './tag-text.js';

/** How much a payload is: bytes and files, as `Payload-Oxum` says it. RFC 8493 §2.2.2. */
export interface Oxum {
  readonly sizeBytes: number;
  readonly files: number;
}

/** Labels and values in order; a label may come twice. */
export type BagInfo = readonly (readonly [label: string, value: string])[];

/** What `bagit.txt` is: nothing else is a bag of ours. RFC 8493 §2.1.1. */
export const BAG_DECLARATION = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';

/** The bytes of `bag-info.txt`. Line ends and other control characters in a value become spaces: no value is folded. RFC 8493 §2.2.2. */
export function formatBagInfo(info: BagInfo): Uint8Array {
  return new TextEncoder().encode(info.map(([label, value]) => `${label}: ${tagValue(value)}\n`).join(''));
}

/** A value as it stands in the file. */
export function tagValue(value: string): string {
  return value.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** @throws BagError 'not-utf8', 'bad-info' */
export function parseBagInfo(bytes: Uint8Array): BagInfo {
  const text = decodeUtf8(bytes, 'bag-info.txt');
  if (!text.endsWith('\n')) throw new BagError('bad-info', 'bag-info.txt: the last line does not end');
  return text
    .slice(0, -1)
    .split('\n')
    .map((line, at) => {
      const [, label, value] = /^([A-Za-z0-9][A-Za-z0-9-]*): ([^\r]+)$/.exec(line) ?? [];
      if (label === undefined || value === undefined) {
        throw new BagError('bad-info', `bag-info.txt, line ${at + 1}: not a label, a colon, a space and a value`);
      }
      return [label, value] as const;
    });
}

export function formatOxum({ sizeBytes, files }: Oxum): string {
  return `${sizeBytes}.${files}`;
}

/** The one `Payload-Oxum`. @throws BagError 'bad-info' */
export function oxumOf(info: BagInfo): Oxum {
  const [value, ...more] = info.filter(([label]) => label === 'Payload-Oxum').map(([, text]) => text);
  const [, size, files] = /^(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,8})$/.exec(value ?? '') ?? [];
  if (size === undefined || more.length > 0)
    throw new BagError('bad-info', 'bag-info.txt has not one Payload-Oxum of bytes and files');
  return { sizeBytes: Number(size), files: Number(files) };
}
