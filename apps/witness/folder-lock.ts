import { once } from 'node:events';
import { link, open, readdir, unlink } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from './startup-error.js';
import { systemCode } from './system-code.js';

/**
 * Takes a folder for this process, as long as it lives. What holds it is a listening socket in the folder: the kernel closes it
 * with the process, however that ends, so no dead holder is in the way; and it is seen across containers that share the
 * folder, where process ids mean nothing. The folder must be on a local disk.
 *
 * Locks are numbered. The highest number counts; a new holder takes the next one, which only one can, and only when nobody
 * answers on the highest; lower ones are removed only after a higher one is there.
 * @throws StartupError 'in-use', with the holder's process id
 */
export async function lockFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  // Addresses of sockets are short. On Linux an open folder has a short name of its own.
  const base = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : folder;
  const ours = `${PREFIX}${randomUUID()}`;
  const socket = await listen(join(base, ours));
  try {
    await take(folder, base, ours);
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    await unlink(join(folder, ours)).catch(() => undefined);
    await handle.close();
  }
  socket.unref();
}

const PREFIX = 'lock-';

async function take(folder: string, base: string, ours: string): Promise<void> {
  for (;;) {
    const highest = Math.max(0, ...(await numbers(folder)));
    const holder = highest === 0 ? 'gone' : await holderOf(join(base, `${PREFIX}${highest}`));
    if (holder === 'gone') {
      if (await linked(join(folder, ours), join(folder, `${PREFIX}${highest + 1}`))) {
        // Between our look and our taking the number, a whole life of another may have gone by, and a third begun.
        const now = await numbers(folder);
        if (Math.max(...now) === highest + 1) {
          await Promise.all(
            now
              .filter((number) => number <= highest)
              .map((number) => unlink(join(folder, `${PREFIX}${number}`)).catch(() => undefined)),
          );
          return;
        }
      }
      await delay(10);
      continue;
    }
    throw new StartupError('in-use', `${folder} is in use by another witness (process ${holder})`);
  }
}

async function numbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => {
    const digits = new RegExp(`^${PREFIX}([1-9][0-9]{0,14})$`).exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

/** False when the number is taken. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}

/** The process id of who listens there; whoever does not refuse the connection is taken for alive. */
function holderOf(path: string): Promise<string> {
  return new Promise((resolve) => {
    let told = '';
    const connection = createConnection(path);
    connection.setTimeout(1_000, () => connection.destroy());
    connection.on('data', (bytes) => (told += bytes.toString('latin1')));
    connection.on('error', (cause) => {
      resolve(['ECONNREFUSED', 'ENOENT'].includes(systemCode(cause) ?? '') ? 'gone' : 'unknown');
    });
    connection.on('close', () => resolve(/^[0-9]{1,10}$/.test(told) ? told : 'unknown'));
  });
}

async function listen(path: string): Promise<Server> {
  const server = createServer((connection) => {
    connection.on('error', () => undefined);
    connection.end(String(process.pid));
  });
  server.listen(path);
  await once(server, 'listening');
  return server;
}
