import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const base = '/var/lib/amana';

/**
 * A name for a folder that an unprivileged server can reach, for the data of a checkout that lies in a closed home (root's is
 * 0700). `link` is where the checkout will keep a link to it; once that is gone, the folder goes too, at the next call.
 */
export async function folderOutside(link: string): Promise<string> {
  await mkdir(base, { recursive: true });
  await chmod(base, 0o711);
  await removeForgotten();
  const folder = join(base, randomUUID());
  await writeFile(`${folder}.link`, JSON.stringify({ link, maker: process.pid }), { mode: 0o600 });
  return folder;
}

async function removeForgotten(): Promise<void> {
  for (const name of await readdir(base)) {
    if (!name.endsWith('.link')) continue;
    const note = join(base, name);
    const folder = note.slice(0, -'.link'.length);
    const owner = await readNote(note);
    if (owner === undefined) continue;
    const linked = (await readlink(owner.link).catch(() => '')) === folder;
    if (linked || isAlive(owner.maker) || (await isInUse(folder))) continue;
    await rm(folder, { recursive: true, force: true });
    await rm(note, { force: true });
  }
}

interface Owner {
  readonly link: string;
  /** The process that made the folder, and may not have made the link yet. */
  readonly maker: number;
}

async function readNote(file: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

async function isInUse(folder: string): Promise<boolean> {
  const pid = Number.parseInt(await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => ''), 10);
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes(folder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
