import { z } from 'zod';

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'not a lower-case hexadecimal SHA-256');
export type Sha256Hex = z.infer<typeof Sha256Hex>;

/** Standard base64 with padding (RFC 4648 §4), refused when loose. */
export const Base64 = z.base64();

/** A UTC instant with milliseconds, as `Date.prototype.toISOString` prints it. */
export const UtcInstant = z
  .string()
  .regex(
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/,
    'not a UTC instant with milliseconds',
  )
  .refine((text) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text, 'no such instant');
export type UtcInstant = z.infer<typeof UtcInstant>;
