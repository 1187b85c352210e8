import { describe, expect, it } from '@jest/globals';
import { CookieJar } from './cookie-jar.js';

const at = (path: string) => new URL(path, 'http://127.0.0.1:1');
const setting = (...cookies: string[]) =>
  new Headers(cookies.map((cookie): [string, string] => ['set-cookie', cookie]));

describe('the cookie jar', () => {
  it('sends a cookie where its path says, and nowhere else', () => {
    const jar = new CookieJar();
    jar.take(at('/auth'), setting('all=1; path=/; httponly', 'one=2; Path=/interaction/a; SameSite=Lax'));
    expect(jar.header(at('/interaction/a'))).toBe('all=1; one=2');
    expect(jar.header(at('/interaction/a/b'))).toBe('all=1; one=2');
    expect(jar.header(at('/interaction/ab'))).toBe('all=1');
    expect(jar.header(at('/'))).toBe('all=1');
  });

  it('takes the folder of the address for a cookie without a path', () => {
    const jar = new CookieJar();
    jar.take(at('/session/end'), setting('s=1'));
    expect(jar.header(at('/session/other'))).toBe('s=1');
    expect(jar.header(at('/auth'))).toBe('');
  });

  it('keeps values as they are, signs of equality too, and the latest of two', () => {
    const jar = new CookieJar();
    jar.take(at('/'), setting('s=a=b==; path=/'));
    expect(jar.header(at('/'))).toBe('s=a=b==');
    jar.take(at('/'), setting('s=c; path=/'));
    expect(jar.header(at('/'))).toBe('s=c');
  });

  it.each(['s=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT', 's=; path=/; Max-Age=0'])(
    'drops a cookie at %s',
    (cookie) => {
      const jar = new CookieJar();
      jar.take(at('/'), setting('s=1; path=/; expires=Fri, 01 Jan 2999 00:00:00 GMT'));
      expect(jar.header(at('/'))).toBe('s=1');
      jar.take(at('/'), setting(cookie));
      expect(jar.header(at('/'))).toBe('');
    },
  );
});
