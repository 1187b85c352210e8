import type { ExhibitView } from '#domain/contract';
import { readManifest } from '#domain/manifest';

/** An exhibit that went up, and what the officer signed of it: by that, not by what the server says, a receipt is checked. */
export interface UploadedExhibit {
  readonly exhibit: ExhibitView;
  /** Of the manifest's exact payload, hexadecimal. */
  readonly manifestSha256: string;
}

export function uploadedExhibit(exhibit: ExhibitView, jws: unknown): UploadedExhibit {
  return { exhibit, manifestSha256: readManifest(jws).payloadSha256 };
}
