import { base64 } from '@scure/base';
import { COMMITMENT_SIZE_BYTES, LegalGround, SALT_SIZE_BYTES } from '#domain/custody';

/** A line of `events.jsonl`: an event's index in the log, and what its entry there was made of. */
export interface RecordLine {
  readonly index: number;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** The event's exact bytes. */
  readonly body: Uint8Array;
}

/** A line of an event whose salt and body were destroyed under law: what the log still has of it, and where the record says so. */
export interface ErasedLine {
  readonly index: number;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
  readonly erased: ErasureNote;
}

export interface ErasureNote {
  readonly ground: LegalGround;
  /** Index of the event, in the same record, that says that it was erased. */
  readonly event: number;
}

/**
 * The line with its line feed: `{"index":N,"salt":"<base64>","body":"<base64>"}` (surface.md), or of an erased event
 * `{"index":N,"commitment":"<base64>","erased":{"instrument":"…","number":"…","reason":"…","event":N}}`.
 */
export function formatRecordLine(line: RecordLine | ErasedLine): string {
  if ('salt' in line)
    return `{"index":${line.index},"salt":"${base64.encode(line.salt)}","body":"${base64.encode(line.body)}"}\n`;
  const { ground, event } = line.erased;
  const { instrument, number, reason } = ground;
  return `{"index":${line.index},"commitment":"${base64.encode(line.commitment)}","erased":${JSON.stringify({ instrument, number, reason, event })}}\n`;
}

/** Reads a line, without its line feed, in the one spelling that `formatRecordLine` has. Null for any other. */
export function parseRecordLine(text: string): RecordLine | ErasedLine | null {
  const [, index, salt, body] = LINE.exec(text) ?? [];
  if (index === undefined || salt === undefined || body === undefined) return parseErasedLine(text);
  if (!Number.isSafeInteger(Number(index))) return null;
  try {
    const line = { index: Number(index), salt: base64.decode(salt), body: base64.decode(body) };
    return line.salt.length === SALT_SIZE_BYTES ? line : null;
  } catch {
    return null;
  }
}

function parseErasedLine(text: string): ErasedLine | null {
  const [, index, commitment, erased] = ERASED_LINE.exec(text) ?? [];
  if (index === undefined || commitment === undefined || erased === undefined) return null;
  try {
    const { event, ...said } = JSON.parse(erased) as { event?: unknown };
    const ground = LegalGround.safeParse(said).data;
    if (ground === undefined || !isIndex(Number(index)) || !isIndex(event)) return null;
    const line = { index: Number(index), commitment: base64.decode(commitment), erased: { ground, event } };
    return line.commitment.length === COMMITMENT_SIZE_BYTES && formatRecordLine(line) === `${text}\n` ? line : null;
  } catch {
    return null;
  }
}

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const LINE = /^\{"index":(0|[1-9][0-9]{0,15}),"salt":"([A-Za-z0-9+/]{43}=)","body":"([A-Za-z0-9+/]+={0,2})"\}$/;
const ERASED_LINE = /^\{"index":(0|[1-9][0-9]{0,15}),"commitment":"([A-Za-z0-9+/]{43}=)","erased":(\{.{1,8000}\})\}$/;
