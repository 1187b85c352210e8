import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom a server that refuses to run as root is run as: `postgres` or `nobody` if we are root, else nobody but ourselves
 * (undefined).
 */
export async function unprivilegedUser(): Promise<UserIds | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = new Map<string, UserIds>();
  for (const line of (await readFile('/etc/passwd', 'utf8')).split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name && Number(uid) > 0 && Number(gid) > 0) users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return users.get('postgres') ?? users.get('nobody') ?? { uid: 65534, gid: 65534 };
}

/** Whether the user may walk into every folder down to this one, links followed by the caller. */
export async function canReach(user: UserIds, folder: string): Promise<boolean> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    const { uid, gid, mode } = await stat(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
