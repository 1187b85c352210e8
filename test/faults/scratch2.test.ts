import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { it, expect } from '@jest/globals';
import { sealedSizeBytes } from '#domain/sealing';
import { openWorld, spawnApi } from '../support/api.js';
import { sampleExhibit } from '../support/sample-exhibit.js';
function cpuOf(pid: number) { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return (Number(f[11]) + Number(f[12])) / 100; }
it('measures small files', async () => {
  const world = await openWorld();
  const api = await spawnApi(world, process.env.PROF ? { NODE_OPTIONS: '--import=/tmp/amana/prof-hook.mjs' } : {});
  const officer = world.directory.tripoli.investigator;
  const client = await api.as(officer);
  const token = await world.issuer.tokenFor(officer.subject, world.environment.AMANA_PUBLIC_URL!);
  const { registration } = await sampleExhibit(officer);
  const N = 1000;
  const ids = Array.from({ length: N }, () => randomUUID());
  const answer = await client.post('/v1/exhibits', { ...registration, files: ids.map((id, at) => ({ ...registration.files[0], name: `f${at}`, id, sizeBytes: 1000, sealedSizeBytes: sealedSizeBytes(1000) })) });
  expect(answer.status).toBe(201);
  const part = randomBytes(sealedSizeBytes(1000));
  const digest = `sha-256=:${createHash('sha256').update(part).digest('base64')}:`;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const put = (id: string) => new Promise<void>((resolve, reject) => {
    const r = request({ agent, port: api.port, host: '127.0.0.1', method: 'PUT', path: `/v1/uploads/${id}/parts/1`, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream', 'content-length': part.length, 'content-digest': digest } }, (res) => { let t = ''; res.on('data', (c) => (t += c)); res.on('end', () => res.statusCode === 200 ? resolve() : reject(new Error(t))); });
    r.on('error', reject);
    r.end(part);
  });
  const c0 = cpuOf(api.pid);
  const t0 = performance.now();
  const queue = ids.values();
  await Promise.all(Array.from({ length: 16 }, async () => { for (const id of queue) await put(id); }));
  const t1 = performance.now();
  process.stdout.write(JSON.stringify({ filesPerSecond: (N / (t1 - t0) * 1000).toFixed(0), cpuMsPerFile: ((cpuOf(api.pid) - c0) / N * 1000).toFixed(2) }) + '\n');
  if (process.env.PROF) { process.kill(api.pid, 'SIGUSR2'); await api.ended; }
  await world.end();
}, 300_000);
