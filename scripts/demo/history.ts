// The record: who witnesses it, and what becomes of an attempt to rewrite it.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatLogPolicy, parseVerifierKey } from '#domain/merkle';
import { fingerprintOf } from '#domain/package';
import { readPemCertificates } from '#domain/time';
import type { Platform } from '../platform/launch.js';
import { editGrantEvent, forgePackage } from './forgery.js';
import { BrokenStep, type Stage } from './stage.js';

export interface HistoryPlaces {
  /** Where the demo works. */
  readonly folder: string;
  /** The court package. */
  readonly packageFolder: string;
  /** Who checks the log. */
  readonly officer: string;
}

/** An officer pins the witnesses of both states. */
export async function trustWitnesses(stage: Stage, running: Platform, officer: string): Promise<void> {
  stage.title('Each state runs a witness of the record');
  stage.tell(
    'A witness cosigns a head of the custody log only if it grew out of the one before. Amal pins both, by the keys their states made known.',
  );
  for (const { url, verifierKey } of running.witnesses)
    await stage.amana(officer, ['log', 'witness', 'add', url, '--key', verifierKey]);
  await stage.amana(officer, ['log', 'witness', 'list']);
}

/** The superuser, the store and the log's signing key are in one hand: what stands against it is what other states hold. */
export async function rewriteHistory(
  stage: Stage,
  running: Platform,
  { folder, packageFolder, officer }: HistoryPlaces,
): Promise<void> {
  stage.title('A superuser who has stolen the log key rewrites history');
  const policy = join(folder, 'court-policy.txt');
  const operators = running.witnesses.map(({ name, url, verifierKey }) => ({
    name: name.split('/')[0] ?? name,
    witnesses: [{ key: parseVerifierKey(verifierKey), url }],
  }));
  const roots = readPemCertificates(running.tsaRoots ?? '');
  const pins = roots.map((root) => `#amana tsa ${fingerprintOf(root)}\n`).join('');
  writeFileSync(policy, `${formatLogPolicy(parseVerifierKey(running.logVerifierKey), { operators })}${pins}`);
  stage.tell(
    'The court has a policy of its own: the log, both witnesses, the timestamp authority. Under it the package stands:',
  );
  await stage.amana('court', ['verify', packageFolder, '--policy', policy]);
  const forged = join(folder, 'forged');
  const head = await forgePackage(running, packageFolder, forged);
  stage.tell(
    'Another last event, and everything made to fit: tree, proofs, the head under the log key, checksums. The witnesses are shown the head:',
  );
  for (const { name, url } of running.witnesses) {
    const answer = await fetch(new URL('add-checkpoint', `${url}/`), { method: 'POST', body: growthFrom(head) });
    const words = (await answer.text()).trim().split('\n')[0] ?? '';
    stage.tell(`${name}: ${answer.status} ${words}`);
    if (answer.status !== 409 && answer.status !== 422) throw new BrokenStep(`${name} answered ${answer.status}`);
  }
  await stage.amana('court', ['verify', forged, '--policy', policy], { expected: 4 });
  stage.tell('In the database itself an event is edited, with every trigger off:');
  const index = await editGrantEvent(running);
  const { stderr } = await stage.amana(officer, ['log', 'fsck'], { expected: 4 });
  if (!stderr.includes(`broken at ${index}`)) throw new BrokenStep(`it is not entry ${index} that was named`);
  rmSync(forged, { recursive: true, force: true });
}

/** A request to cosign a head that is claimed to be of the size the witness holds. */
function growthFrom(head: Uint8Array): string {
  const note = new TextDecoder().decode(head);
  return `old ${note.split('\n')[1] ?? '0'}\n\n${note}`;
}
