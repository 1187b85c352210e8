import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '#domain/contract';
import { HOME_POLICY, homePage } from './home-page.js';

const facts = {
  software: 'amana/0.1.0',
  logOrigin: 'custody.example/log/2026a',
  logVerifierKey: 'custody.example/log/2026a+7d798b38+AYxP',
  issuer: 'https://login.example',
};

describe('the page at /', () => {
  it('leads to the API, the log and every problem', () => {
    const page = homePage(facts);
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link]) => link);
    expect(links).toEqual(expect.arrayContaining(['openapi.json', 'log/checkpoint', 'v1', facts.issuer]));
    expect(links.filter((link) => link?.startsWith('problems/'))).toHaveLength(Object.keys(PROBLEMS).length);
    expect(page).toContain(facts.logVerifierKey);
  });

  it('runs nothing, and its policy lets in its own style alone', () => {
    const page = homePage(facts);
    const style = /<style>([^]*)<\/style>/.exec(page)?.[1] ?? '';
    expect(HOME_POLICY).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(HOME_POLICY).toMatch(/^default-src 'none';/);
    expect(HOME_POLICY).not.toMatch(/unsafe|script-src|https?:/);
    expect(page).not.toMatch(/<script|\son\w+=|javascript:|style="/i);
  });

  it('takes what it is configured with for text', () => {
    const page = homePage({ ...facts, logVerifierKey: null, logOrigin: '<b>"&\'', issuer: 'https://x.example/"><i>' });
    expect(page).not.toMatch(/<b>|<i>/);
    expect(page).toContain('&#60;b&#62;&#34;&#38;&#39;');
  });
});
