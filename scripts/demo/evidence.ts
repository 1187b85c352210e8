import { randomBytes } from 'node:crypto';
import { cpSync, createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { once } from 'node:events';
import { hasCommand } from '../services/has-command.js';
import { runCommand } from '../platform/command.js';
import { BrokenStep } from './stage.js';

const MIB = 1024 * 1024;
const IMAGE_SIZE_MIB = 96;

/** What is seized in the demo: a device image and a folder of documents with Arabic names, or the paths a person gave. */
export async function makeEvidence(
  folder: string,
  given: readonly string[],
): Promise<{ paths: string[]; about: string }> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (given.length > 0) {
    const paths = given.map((path) => {
      const copy = join(folder, basename(resolve(path)));
      cpSync(path, copy, { recursive: true, errorOnExist: true });
      return copy;
    });
    return { paths, about: `${given.length} of your own paths` };
  }
  const documents = join(folder, 'مستندات الهاتف');
  mkdirSync(documents);
  writeFileSync(join(documents, 'قائمة الأسماء.txt'), 'الاسم، التاريخ، المبلغ\nأحمد، ٢٠٢٦-١١-٠٣، ٢٠٠٠\n');
  writeFileSync(join(documents, 'رسالة صوتية ١.opus'), randomBytes(300_000));
  writeFileSync(join(documents, 'route — маршрут 路线.json'), '{"from":"Zuwara","to":"Lampedusa"}\n');
  writeFileSync(join(documents, 'empty'), '');
  const raw = join(folder, 'phone.raw');
  await writeImage(raw);
  if (!hasCommand('ewfacquire'))
    return { paths: [raw, documents], about: 'a raw device image and a folder of documents' };
  await acquire(raw, join(folder, 'phone'));
  rmSync(raw);
  return {
    paths: [join(folder, 'phone.E01'), documents],
    about: 'an EnCase image (ewfacquire) and a folder of documents',
  };
}

/** A device: half noise, half zeros, with a text in the middle that a leak would show. */
async function writeImage(path: string): Promise<void> {
  const out = createWriteStream(path);
  for (let block = 0; block < IMAGE_SIZE_MIB; block += 1) {
    const bytes = block % 4 === 3 ? Buffer.alloc(MIB) : randomBytes(MIB);
    bytes.write(`block ${block} of the seized device\n`);
    if (!out.write(bytes)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

async function acquire(raw: string, target: string): Promise<void> {
  const { code, stderr } = await runCommand('ewfacquire', [
    ...['-u', '-q', '-t', target, '-f', 'encase6', '-c', 'none', '-S', '2GiB', '-d', 'sha1'],
    ...[
      '-C',
      'SP-2026-014',
      '-D',
      'Phone of the vessel master',
      '-E',
      'EX-1',
      '-e',
      'Amal Haddad',
      '-m',
      'removable',
      '-M',
      'logical',
      '-N',
      'demo',
    ],
    raw,
  ]);
  if (code !== 0) throw new BrokenStep(`ewfacquire ended with ${String(code)}: ${stderr}`);
}
