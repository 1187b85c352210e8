import { spawn } from 'node:child_process';

/**
 * Ties a process that we started to our own life: a shell waits on a pipe whose other end only we hold; however we end, kill
 * -9 included, the kernel closes it, and the shell sends `signal`. Call the returned function once the process has ended.
 */
export function tieToUs(pid: number, signal: NodeJS.Signals): () => void {
  const script = 'read -r _; kill -s "$1" "$2"';
  const leash = spawn('/bin/sh', ['-c', script, 'leash', signal.replace('SIG', ''), String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Not in our group, or a Ctrl-C meant for us would cut the leash before it is needed.
    detached: true,
    cwd: '/',
  });
  leash.on('error', () => undefined);
  leash.unref();
  const pipe: unknown = leash.stdin;
  if (isSocket(pipe)) pipe.unref();
  return () => leash.kill('SIGKILL');
}

function isSocket(stream: unknown): stream is { unref(): void } {
  return typeof stream === 'object' && stream !== null && 'unref' in stream;
}
