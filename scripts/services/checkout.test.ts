import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { builtProgram, checkoutFolder } from './checkout.js';

describe('the checkout', () => {
  it('is found from anywhere below it', () => {
    const root = resolve(import.meta.dirname, '..', '..');
    expect(checkoutFolder(import.meta.dirname)).toBe(root);
    expect(builtProgram('apps', 'api', 'main.js')).toBe(join(root, 'dist', 'apps', 'api', 'main.js'));
  });

  it.each(['/', '/proc/self', '/nonexistent/folder'])('is not looked for for ever from %s', (outside) => {
    expect(() => checkoutFolder(outside)).toThrow('lies in no checkout');
  });
});
