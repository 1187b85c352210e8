import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** What a guess costs. Memory is 128 · 2^`log2Cost` · `blockSize` bytes. RFC 7914 §2. */
export interface ScryptCost {
  readonly log2Cost: number;
  readonly blockSize: number;
  readonly parallel: number;
}

/** OWASP's second choice for scrypt: 64 MiB, twice. */
const strongCost: ScryptCost = { log2Cost: 16, blockSize: 8, parallel: 2 };
/** For accounts whose passwords are printed on the terminal anyway: demo and tests. */
export const printedPasswordCost: ScryptCost = { log2Cost: 12, blockSize: 8, parallel: 1 };

const saltBytes = 16;
const keyBytes = 32;
const form = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** `scrypt$log2Cost$blockSize$parallel$salt$key`, base64url. The password is taken in Unicode NFC. */
export async function hashPassword(
  password: string,
  cost = strongCost,
  salt = randomBytes(saltBytes),
): Promise<string> {
  const key = await derive(password, salt, cost);
  const { log2Cost, blockSize, parallel } = cost;
  return ['scrypt', log2Cost, blockSize, parallel, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether the password is the one behind the hash; time does not tell how near a guess was. False for a malformed hash. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, log2Cost, blockSize, parallel, salt, key] = form.exec(hash) ?? [];
  if (salt === undefined || key === undefined) return false;
  const cost = { log2Cost: Number(log2Cost), blockSize: Number(blockSize), parallel: Number(parallel) };
  if (cost.log2Cost < 1 || cost.log2Cost > 20 || cost.blockSize < 1 || cost.blockSize > 32 || cost.parallel < 1)
    return false;
  const guess = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return timingSafeEqual(guess, Buffer.from(key, 'base64url'));
}

/** Whether the text has the form of `hashPassword`'s result. */
export function isPasswordHash(text: string): boolean {
  return form.test(text);
}

function derive(password: string, salt: Buffer, { log2Cost, blockSize, parallel }: ScryptCost): Promise<Buffer> {
  const options = { N: 2 ** log2Cost, r: blockSize, p: parallel, maxmem: 256 * blockSize * (2 ** log2Cost + parallel) };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, keyBytes, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
