import { base64 } from '@scure/base';
import { SALT_SIZE_BYTES } from '#domain/custody';

/** A line of `events.jsonl`: an event's index in the log, and what its entry there was made of. */
export interface RecordLine {
  readonly index: number;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** The event's exact bytes. */
  readonly body: Uint8Array;
}

/** The line with its line feed: `{"index":N,"salt":"<base64>","body":"<base64>"}` (surface.md). */
export function formatRecordLine({ index, salt, body }: RecordLine): string {
  return `{"index":${index},"salt":"${base64.encode(salt)}","body":"${base64.encode(body)}"}\n`;
}

/** Reads a line, without its line feed, in the one spelling that `formatRecordLine` has. Null for any other. */
export function parseRecordLine(text: string): RecordLine | null {
  const [, index, salt, body] = LINE.exec(text) ?? [];
  if (index === undefined || salt === undefined || body === undefined || !Number.isSafeInteger(Number(index)))
    return null;
  try {
    const line = { index: Number(index), salt: base64.decode(salt), body: base64.decode(body) };
    return line.salt.length === SALT_SIZE_BYTES ? line : null;
  } catch {
    return null;
  }
}

const LINE = /^\{"index":(0|[1-9][0-9]{0,15}),"salt":"([A-Za-z0-9+/]{43}=)","body":"([A-Za-z0-9+/]+={0,2})"\}$/;
