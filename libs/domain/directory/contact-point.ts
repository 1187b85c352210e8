import { z } from 'zod';
import { OpeningHours } from './opening-hours.js';

const LINE = /^(?=.*\S)[^\p{Cc}\p{Surrogate}\u2028\u2029]*$/u;
const line = (max: number) => z.string().max(max).regex(LINE, 'must be one line, not blank');

/** A language tag (BCP 47, RFC 5646) as it is written canonically: `ar`, `pt-BR`, `zh-Hant`. */
export const LanguageTag = z
  .string()
  .max(35)
  .refine(isCanonicalTag, 'must be a language tag of BCP 47, such as ar or pt-BR');

/** Where an agency is reached, by whom, in which languages and when. */
export const ContactPoint = z
  .strictObject({
    /** A desk or a person. */
    name: line(200),
    role: line(200).exactOptional(),
    /** E.164. */
    phone: z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, 'must be an international number without spaces, such as +218213330000')
      .exactOptional(),
    email: z.email().max(254).exactOptional(),
    languages: z
      .array(LanguageTag)
      .min(1)
      .max(20)
      .refine((tags) => new Set(tags.map((tag) => tag.toLowerCase())).size === tags.length, 'must not name one twice'),
    hours: OpeningHours,
  })
  .refine(({ phone, email }) => phone !== undefined || email !== undefined, {
    path: ['phone'],
    error: 'or an e-mail address is needed',
  });
export type ContactPoint = z.infer<typeof ContactPoint>;

function isCanonicalTag(tag: string): boolean {
  try {
    // What has more letters is registered for no language, and mostly its name.
    return /^[a-z]{2,3}(?:-|$)/.test(tag) && Intl.getCanonicalLocales(tag)[0] === tag;
  } catch {
    return false;
  }
}
