import { StoreError } from './store-error.js';

const COMPONENT = /^[a-z0-9][a-z0-9._-]{0,199}$/;
const MAX_KEY_LENGTH = 900;

/**
 * Keys are made of ids and numbers, never of names that people gave. A component begins with a letter or digit, so that
 * no key can climb out of a folder or hide in it, and has no upper case, so that two keys never share a file.
 * @throws StoreError 'bad-argument'
 */
export function checkKey(key: string): void {
  if (key.length > MAX_KEY_LENGTH || !key.split('/').every((component) => COMPONENT.test(component))) {
    throw new StoreError('bad-argument', `not a store key: ${JSON.stringify(key.slice(0, 200))}`);
  }
}
