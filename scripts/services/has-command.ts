import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether a command can be run: on the path, or where Debian keeps servers. */
export function hasCommand(name: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
