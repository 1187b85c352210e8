import { setTimeout as delay } from 'node:timers/promises';
import { type Api, isProblem } from '#client/api';
import { type Profile, ProfileError } from '#client/profile';
import { type UploadedExhibit, checkReceipt } from '#client/upload';
import type { ExhibitView, IntakeReceipt } from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import type { Session } from './session.js';

const POLL_MS = 500;

/** How an exhibit stands after its upload: sealed with a receipt that was checked and kept, or on its way there. */
export interface SealOutcome {
  readonly state: ExhibitView['state'];
  /** Where the receipt is kept; null without one. */
  readonly receipt: string | null;
}

/**
 * Waits until the platform has read everything back and sealed it, then checks and keeps its receipt.
 *
 * @throws UploadError 'receipt-invalid'
 */
export async function awaitSeal(
  session: Session,
  profile: Profile,
  api: Api,
  { exhibit: { id }, manifestSha256 }: UploadedExhibit,
  waitSeconds: number,
): Promise<SealOutcome> {
  const until = Date.now() + waitSeconds * 1000;
  for (;;) {
    const { exhibit } = await api.exhibits.show(id);
    const { state } = exhibit;
    const isDecided = state !== 'registered' && state !== 'uploading' && state !== 'stored';
    const receipt = state === 'sealed' ? await receiptOf(api, id) : null;
    if (receipt !== null) {
      await checkReceipt(receipt, { exhibitId: id, manifestSha256 }, receiptKeys(profile));
      return { state, receipt: session.officerHome().writeReceipt(id, receipt) };
    }
    if ((isDecided && state !== 'sealed') || Date.now() >= until) return { state, receipt: null };
    await delay(POLL_MS);
  }
}

/** Null until a published head of the log covers the sealing. */
async function receiptOf(api: Api, id: ExhibitId): Promise<IntakeReceipt | null> {
  try {
    return await api.exhibits.receipt(id);
  } catch (error) {
    if (isProblem(error, 'conflict')) return null;
    throw error;
  }
}

function receiptKeys({ platform, pins }: Profile) {
  const { sealKey } = platform;
  const { logVerifierKey } = pins;
  if (sealKey === null || logVerifierKey === null) {
    throw new ProfileError(
      'not-trusted',
      'the platform has not said by which keys its receipts are checked; sign in again',
    );
  }
  return { sealKey, logVerifierKey };
}
