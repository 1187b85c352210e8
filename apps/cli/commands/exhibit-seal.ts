import type { Command } from 'commander';
import { describeExhibit, describeFile } from '#client/seal';
import { inParallel } from '#client/api';
import { type ManifestFile, exampleFacts, signManifest } from '#domain/manifest';
import { DraftWriter } from '../node/draft-folder.js';
import {
  type SealOptions,
  addSealOptions,
  furtherHashesOf,
  planFrom,
  sealingBy,
  sealingEngine,
} from '../new-exhibit.js';
import type { CommonOptions, Session } from '../session.js';
import { shownSize } from '../shown.js';
import { type Runtime, addCommand } from './runtime.js';

const FILES_AT_A_TIME = 4;

export function addExhibitSeal(exhibit: Command, runtime: Runtime): void {
  const command = addCommand(exhibit, 'seal <path...>', 'hash, encrypt and sign, without any network, into a draft', [
    'exhibit seal phone.ufdr --facts facts.json -o draft-1',
    'exhibit seal image.E01 image.E02 notes/ --facts facts.json --hash md5 -o /media/usb/draft-1',
  ]);
  addSealOptions(command)
    .requiredOption('-o, --output <draft>', 'the folder to be made')
    .action((paths: string[], options: SealOptions & { output: string }) =>
      runtime.run(options, (session) => seal(session, paths, options)),
    );
}

export function addExhibitFacts(exhibit: Command, runtime: Runtime): void {
  addCommand(exhibit, 'facts', 'an example of a facts file, to be written over', [
    'exhibit facts > facts.json',
    'exhibit facts --all',
  ])
    .option('--all', 'with every field, not those required alone')
    .action((options: CommonOptions & { all?: boolean }) =>
      runtime.run(options, ({ output }) => {
        const facts = exampleFacts(options.all === true ? 'all' : 'required');
        output.result(facts, () => JSON.stringify(facts, null, 2));
        return Promise.resolve();
      }),
    );
}

async function seal(
  session: Session,
  paths: readonly string[],
  options: SealOptions & { output: string },
): Promise<void> {
  const { output } = session;
  const profile = session.profile();
  const furtherHashes = furtherHashesOf(options);
  const { registration, files } = await planFrom(profile, paths, options);
  const officer = await session.signer();
  const sealing = sealingBy(profile, session);
  const engine = sealingEngine(session);
  const writer = DraftWriter.create(options.output);
  session.onInterrupt(() => writer.abandon());
  const sizeBytes = files.reduce((sum, { announced }) => sum + announced.sealedSizeBytes, 0);
  const progress = output.progress('sealing', sizeBytes);
  try {
    const described = new Map<string, ManifestFile>();
    await inParallel(files, FILES_AT_A_TIME, async ({ source, announced, secrets }) => {
      await writer.file(announced.id, async (take) => {
        const content = await engine.seal({ source, ...secrets, furtherHashes }, async (part) => {
          await take(part);
          progress.advance(part.bytes.length);
        });
        described.set(announced.id, describeFile(announced, secrets.payloadNonce, content, sealing(new Date())));
        return content.leafHashes;
      });
    });
    const inOrder = registration.files.flatMap(({ id }) => described.get(id) ?? []);
    const jws = await signManifest(describeExhibit(registration, inOrder, sealing(new Date())), officer);
    writer.finish({ registration, jws });
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    progress.stop();
  }
  const { id, number } = registration;
  output.result({ draft: options.output, exhibitId: id, number, files: files.length, sealedSizeBytes: sizeBytes }, () =>
    [
      `Sealed exhibit ${output.bold(output.shown(number))}: ${files.length} files, ${shownSize(sizeBytes)}, in ${output.shown(options.output)}`,
      `Next: amana exhibit upload ${output.shown(options.output)}`,
    ].join('\n'),
  );
}
