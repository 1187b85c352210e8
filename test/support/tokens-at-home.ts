import { createCipheriv, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Leaves in `home` what a sign-in leaves: tokens that do not end, and a key they would be bound to, encrypted as the command does. */
export function writeTokens(home: string, email: string): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stored = {
    ...{ accessToken: 'x', refreshToken: null, idToken: null, expiresAt: '2999-01-01T00:00:00.000Z' },
    ...{ subject: 'somebody', way: 'password', key: privateKey.export({ format: 'jwk' }) },
  };
  const [key, iv] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(stored)), cipher.final()]);
  const folder = join(home, 'officers', encodeURIComponent(email));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(home, 'at-rest.key'), key, { mode: 0o600 });
  writeFileSync(join(folder, 'tokens'), Buffer.concat([iv, cipher.getAuthTag(), sealed]), { mode: 0o600 });
}
