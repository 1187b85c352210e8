import { afterEach, describe, expect, it } from '@jest/globals';
import { listenForCallback, type Loopback } from './loopback.js';

let loopback: Loopback | undefined;
afterEach(() => {
  loopback?.close();
});

describe('the listener that a sign-in in the browser comes back to', () => {
  it('hears the answer, on a port of this machine alone, and tells the person to go back', async () => {
    loopback = await listenForCallback();
    expect(loopback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const response = await fetch(`${loopback.redirectUri}?code=c&state=s`);
    expect(await response.text()).toContain('You can close this page');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await loopback.callback).toBe(`${loopback.redirectUri}?code=c&state=s`);
    await expect(fetch(loopback.redirectUri)).rejects.toThrow();
  });

  it('is not ended by what browsers ask besides', async () => {
    loopback = await listenForCallback();
    for (const path of ['/favicon.ico', '/callback', '/callback?x=1', '/other?code=c']) {
      expect((await fetch(new URL(path, loopback.redirectUri))).status).toBe(404);
    }
    expect((await fetch(`${loopback.redirectUri}?code=c`, { method: 'POST' })).status).toBe(404);
    const refused = await fetch(`${loopback.redirectUri}?error=access_denied&state=s`);
    expect(await refused.text()).toContain('Not signed in');
    expect(await loopback.callback).toContain('error=access_denied');
  });

  it('stops waiting when the program gives up', async () => {
    loopback = await listenForCallback();
    loopback.close();
    await expect(loopback.callback).rejects.toThrow('given up');
    await expect(fetch(loopback.redirectUri)).rejects.toThrow();
  });
});
