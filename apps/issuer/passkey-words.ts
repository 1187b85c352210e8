import type { PasskeyError, PasskeyFault } from './passkeys.js';

const WORDS: Readonly<Record<PasskeyFault, string>> = {
  expired: 'This page had expired. Try again.',
  'not-accepted': 'This passkey was not accepted.',
  cloned:
    'This passkey was used out of turn, as a copy of it would be. It does not work any more: sign in with another.',
  'too-many': 'You have as many passkeys as anybody may. Remove one first.',
};

export function wordsOf({ fault }: PasskeyError): string {
  return WORDS[fault];
}
