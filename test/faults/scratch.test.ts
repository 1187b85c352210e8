import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { Readable } from 'node:stream';
import { it, expect } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { plainSizeBytes } from '#domain/sealing';
import { storeFrom } from '#server/storage';
import { openWorld, spawnApi } from '../support/api.js';
import { sampleExhibit } from '../support/sample-exhibit.js';

const SIZE = Number(process.env.SIZE ?? 512) * 1024 * 1024 + 1000;
function cpuOf(pid: number) { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return (Number(f[11]) + Number(f[12])) / 100; }
function rssOf(pid: number) { return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024; }

it('measures', async () => {
  const world = await openWorld();
  const api = await spawnApi(world, process.env.NOPT ? { NODE_OPTIONS: process.env.NOPT } : process.env.PROF ? { NODE_OPTIONS: '--import=/tmp/amana/prof-hook.mjs' } : {});
  const officer = world.directory.tripoli.investigator;
  const client = await api.as(officer);
  const token = await world.issuer.tokenFor(officer.subject, world.environment.AMANA_PUBLIC_URL!);
  const { registration } = await sampleExhibit(officer);
  const fileId = randomUUID();
  const answer = await client.post('/v1/exhibits', { ...registration, files: [{ ...registration.files[0], id: fileId, sizeBytes: plainSizeBytes(SIZE), sealedSizeBytes: SIZE }] });
  expect(answer.status).toBe(201);
  const part = randomBytes(PART_SIZE_BYTES);
  const digest = `sha-256=:${createHash('sha256').update(part).digest('base64')}:`;
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const put = (n: number) => new Promise<number>((resolve, reject) => {
    const r = request({ agent, port: api.port, host: '127.0.0.1', method: 'PUT', path: `/v1/uploads/${fileId}/parts/${n}`, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream', 'content-length': part.length, 'content-digest': digest } }, (res) => { let t = ''; res.on('data', (c) => (t += c)); res.on('end', () => res.statusCode === 200 ? resolve(n) : reject(new Error(t))); });
    r.on('error', reject);
    r.end(part);
  });
  let peak = rssOf(api.pid); const idle = peak;
  const timer = setInterval(() => { peak = Math.max(peak, rssOf(api.pid)); }, 20);
  const cpu0 = cpuOf(api.pid);
  let next = 1; const count = Math.floor(SIZE / PART_SIZE_BYTES);
  const t0 = performance.now();
  await Promise.all([1, 2, 3, 4].map(async () => { while (next <= count) await put(next++); }));
  await client.putPart(fileId, count + 1, part.subarray(0, 1000));
  const t1 = performance.now();
  const done = await client.post(`/v1/uploads/${fileId}/complete`);
  const t2 = performance.now();
  clearInterval(timer);
  const cpu = cpuOf(api.pid) - cpu0;
  const MiB = SIZE / 1048576;
  const store = await storeFrom(world.storeUrl);
  const up = await store.beginUpload('evidence/x/y', { sealedSizeBytes: SIZE, partSizeBytes: PART_SIZE_BYTES });
  let n = 1; const s0 = performance.now();
  const sha = createHash('sha256').update(part).digest();
  await Promise.all([1, 2, 3, 4].map(async () => { while (n <= count) { const k = n++; await store.putPart(up, k, part.length, Readable.from((function* () { for (let i = 0; i < part.length; i += 65536) yield part.subarray(i, i + 65536); })(), { objectMode: false }), { sha256: sha }); } }));
  const s1 = performance.now();
  await store.abortUpload(up);
  // download
  await store.close();
  process.stdout.write(JSON.stringify({ status: done.status, upload: `${(MiB / (t1 - t0) * 1000).toFixed(0)} MiB/s`, completeMs: Math.round(t2 - t1), idleRss: Math.round(idle), peakRss: Math.round(peak), apiCpuPerGiB: (cpu / MiB * 1024).toFixed(2), storeDirect: `${(MiB / (s1 - s0) * 1000).toFixed(0)} MiB/s` }) + '\n');
  process.kill(api.pid, process.env.PROF ? 'SIGUSR2' : 'SIGKILL'); await api.ended;
  await world.end();
}, 300_000);
