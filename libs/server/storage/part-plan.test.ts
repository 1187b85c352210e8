import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoredPart, Upload } from './evidence-store.js';
import { inOrder, partOffset } from './part-plan.js';

const anUpload = fc
  .record({ partSizeBytes: fc.integer({ min: 1, max: 50 }), sealedSizeBytes: fc.integer({ min: 1, max: 500 }) })
  .map((size): Upload => ({ key: 'k', uploadId: 'u', ...size }));

function allParts({ sealedSizeBytes, partSizeBytes }: Upload): StoredPart[] {
  const parts: StoredPart[] = [];
  for (let offset = 0, number = 1; offset < sealedSizeBytes; offset += partSizeBytes, number += 1) {
    parts.push({ number, sizeBytes: Math.min(partSizeBytes, sealedSizeBytes - offset), tag: `t${number}` });
  }
  return parts;
}

describe('the parts of an upload', () => {
  it('lie one behind the other and fill the object', () => {
    fc.assert(
      fc.property(anUpload, (upload) => {
        let expected = 0;
        for (const { number, sizeBytes } of allParts(upload)) {
          expect(partOffset(upload, number, sizeBytes)).toBe(expected);
          expected += sizeBytes;
        }
        expect(expected).toBe(upload.sealedSizeBytes);
        const beyond = allParts(upload).length + 1;
        expect(() => partOffset(upload, beyond, 1)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
      }),
    );
  });

  it('are put in order, however they come', () => {
    const shuffled = anUpload.chain((upload) =>
      fc.record({
        upload: fc.constant(upload),
        parts: fc.shuffledSubarray(allParts(upload), { minLength: allParts(upload).length }),
      }),
    );
    fc.assert(fc.property(shuffled, ({ upload, parts }) => expect(inOrder(upload, parts)).toEqual(allParts(upload))));
  });

  it('are refused when one is missing, twice there, or of another size', () => {
    fc.assert(
      fc.property(anUpload, fc.nat(), (upload, pick) => {
        const parts = allParts(upload);
        const chosen = parts[pick % parts.length];
        if (chosen === undefined) throw new Error('an upload has a part');
        const refused = expect.objectContaining({
          code: expect.stringMatching(/^(invalid-part|size-mismatch)$/) as unknown,
        });
        expect(() =>
          inOrder(
            upload,
            parts.filter((part) => part !== chosen),
          ),
        ).toThrow(refused);
        expect(() => inOrder(upload, [...parts, chosen])).toThrow(refused);
        const grown = parts.map((part) => (part === chosen ? { ...part, sizeBytes: part.sizeBytes + 1 } : part));
        expect(() => inOrder(upload, grown)).toThrow(refused);
      }),
    );
  });
});
