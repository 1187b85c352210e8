import { describe, expect, it } from '@jest/globals';
import { ConnectionLost, type HttpSend } from '#client/api';
import { askWitness } from './witness.js';

const facts = { name: 'w.example', verifierKey: 'w.example+00000000+BA==', logs: [{ origin: 'log.example', size: 3 }] };

/** A witness that answers so. */
const answering =
  (status: number, body: string): HttpSend =>
  () =>
    Promise.resolve({
      status,
      header: () => null,
      bytes: () => Promise.resolve(new TextEncoder().encode(body)),
      stream: () => {
        throw new Error('not so');
      },
    });

describe('asking a witness', () => {
  it('gives who it is and how far it has followed which logs', async () => {
    expect(await askWitness(answering(200, JSON.stringify(facts)), 'https://w.example/')).toEqual(facts);
  });

  it.each([
    ['a page', 200, '<html>'],
    ['no JSON', 200, '{'],
    ['another shape', 200, JSON.stringify({ ...facts, logs: [{ origin: 'log.example', size: -1 }] })],
    ['another status', 500, JSON.stringify(facts)],
    ['megabytes', 200, `${JSON.stringify(facts)}${' '.repeat(5 * 1024 * 1024)}`],
  ])('refuses %s', async (_, status, body) => {
    await expect(askWitness(answering(status, body), 'https://w.example/')).rejects.toThrow('is not a witness');
  });

  it('tells that it does not answer', async () => {
    const send: HttpSend = () => Promise.reject(new ConnectionLost('refused'));
    await expect(askWitness(send, 'https://w.example/')).rejects.toMatchObject({ failure: { kind: 'unreachable' } });
  });
});
