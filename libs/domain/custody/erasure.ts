import { z } from 'zod';
import { Base64 } from '#domain/evidence';

/** Nothing that a terminal or a reader's eye takes for something else: no control, format or unassigned characters. */
const PLAIN = /^\P{C}+$/u;

/** By what law an event is erased. It stays for good and is read by everyone who may read the record: it never repeats what is erased. */
export const LegalGround = z.strictObject({
  /** Such as `Directive (EU) 2016/680`, or the national act. */
  instrument: z.string().min(2).max(200).regex(PLAIN, 'has a character that is not to be printed'),
  /** Where in it, such as `Art. 16(2)`, or the number of an order. */
  number: z.string().min(1).max(100).regex(PLAIN, 'has a character that is not to be printed'),
  /** Why here, in words. */
  reason: z.string().min(3).max(1000).regex(PLAIN, 'has a character that is not to be printed'),
});
export type LegalGround = z.infer<typeof LegalGround>;

/**
 * Which event an `event-erased` (or a proposal of one) is about: its place in the log and its commitment, never its content. An index counts
 * within one log alone; the commitment names the event also in a log that followed.
 */
export const Erasure = z.strictObject({
  /** Origin of the log that `index` counts in. */
  origin: z.string().min(1).max(500),
  index: z.int().min(0),
  /** 32 bytes. */
  commitment: Base64.length(44),
  ground: LegalGround,
});
export type Erasure = z.infer<typeof Erasure>;

/** The ground as it is cited: instrument and number. */
export function citationOf({ instrument, number }: Pick<LegalGround, 'instrument' | 'number'>): string {
  return `${instrument} ${number}`;
}

export const sameGround = (one: LegalGround, other: LegalGround): boolean =>
  one.instrument === other.instrument && one.number === other.number && one.reason === other.reason;
