import { describe, expect, it } from '@jest/globals';
import { UploadServer, draftFiles, expectWhole, keyOf, sealedDraft } from '../../../test/support/upload-server.js';
import { encodeDraft, readDraft } from '#client/seal';
import { uploadDraft } from './upload-draft.js';

describe('uploading a draft', () => {
  it('sends what was sealed, and goes on where it was cut off', async () => {
    const { draft, objects, sources } = await sealedDraft();
    const server = new UploadServer();
    server.failure = { after: 2, kept: true };
    const upload = () => uploadDraft(draft, draftFiles(objects), server.api, { advance: () => undefined });
    await expect(upload()).rejects.toThrow('killed');
    server.failure = undefined;
    await upload();
    await expectWhole(server, sources);
    expect(server.partsTaken).toBe(4);
  });
});

describe('a draft', () => {
  it('is refused with bits of it changed, wherever they are', async () => {
    const { draft } = await sealedDraft();
    const bytes = encodeDraft(draft);
    await expect(readDraft(bytes, keyOf)).resolves.toMatchObject({ registration: { id: draft.registration.id } });
    for (let at = 0; at < bytes.length; at += 211) {
      const spoilt = new Uint8Array(bytes);
      spoilt[at] = spoilt[at]! ^ (1 << (at % 8));
      await expect(readDraft(spoilt, keyOf)).rejects.toMatchObject({ code: 'draft-corrupt' });
    }
  });

  it('is refused when another officer sealed it', async () => {
    const { draft } = await sealedDraft();
    await expect(readDraft(encodeDraft(draft), () => undefined)).rejects.toMatchObject({ code: 'unknown-key' });
  });
});
