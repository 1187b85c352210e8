import { spawn } from 'node:child_process';

/** Tries to show an address in the user's browser. Whether one came up cannot be known. */
export function openBrowser(url: string): void {
  const [command, ...args] = commandFor(url);
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined); // the address is printed too
  child.unref();
}

function commandFor(url: string): [string, ...string[]] {
  if (process.platform === 'darwin') return ['open', url];
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return ['xdg-open', url];
}
