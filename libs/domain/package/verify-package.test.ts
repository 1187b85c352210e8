import { describe, expect, it } from '@jest/globals';
import { makeGolden, packageOf } from '../../../test/support/golden-package.js';
import { nodeHashers } from '../../../test/support/memory-package.js';
import { inlineHasher, verifyPackage } from './index.js';

describe('a court package', () => {
  it('made by the domain code is verified', async () => {
    const { content } = await makeGolden();
    const t = performance.now();
    const made = await packageOf(content);
    const t1 = performance.now();
    const verdict = await verifyPackage(made, { hasher: inlineHasher(nodeHashers) });
    console.log(t1 - t, performance.now() - t1, [...made.files.keys()], verdict);
    expect(verdict.verdict).toBe('verified');
  });
});
