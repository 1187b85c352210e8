import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import type { Credential } from '#client/api';
import { DEMO_OFFICERS } from '../platform/demo-world.js';
import type { Platform } from '../platform/launch.js';
import { signInAs } from '../platform/seed.js';
import { builtProgram } from '../services/checkout.js';
import { type Comparison, inTurn, percentile, rounded } from './measure.js';
import { BenchDesk, makeNoise } from './transfers.js';

const CLIENTS = 16;
const REQUESTS = 6000;
const RUNS = 3;

interface Asked {
  readonly perSecond: number;
  readonly milliseconds: readonly number[];
}

/** P5: an authorised read of an exhibit's page, proof of possession, row-level security and all, against a bare route with the same JSON. */
export async function benchExhibitPage(platform: Platform): Promise<Comparison> {
  const desk = new BenchDesk(platform, join(platform.folder, 'desk'));
  await desk.signIn();
  const file = join(platform.folder, 'small');
  await makeNoise(file, 1024 * 1024);
  await desk.sealed(await desk.upload(file));
  const credential = await signInAs(platform, DEMO_OFFICERS[1]?.email ?? '');
  const id = await onlyExhibit(platform, credential);
  const path = `/v1/exhibits/${id}`;
  const page = join(platform.folder, 'page.json');
  writeFileSync(page, (await proven(platform, credential, path)).body);
  const bare = await startBare(page);
  const [ours, theirs]: [Asked[], Asked[]] = [[], []];
  try {
    const rates = await inTurn(
      RUNS,
      async () => {
        const headers = await Promise.all(
          Array.from({ length: REQUESTS }, () => headersOf(platform, credential, path)),
        );
        ours.push(await askAll(new URL(path, platform.apiUrl), headers));
        return ours.at(-1)?.perSecond ?? 0;
      },
      async () => {
        theirs.push(
          await askAll(
            new URL(path, bare.url),
            Array.from({ length: REQUESTS }, () => ({})),
          ),
        );
        return theirs.at(-1)?.perSecond ?? 0;
      },
    );
    const p99 = (asked: readonly Asked[]) =>
      percentile(
        asked.flatMap(({ milliseconds }) => milliseconds),
        0.99,
      );
    return {
      id: 'P5',
      work: `authorised reads of an exhibit's page by ${CLIENTS} clients`,
      peer: 'a bare Nest route with the same JSON',
      unit: '/s',
      ratio: rounded(rates.ours.median / rates.theirs.median),
      reach: 0.4,
      ...rates,
      detail: { p99Ratio: rounded(p99(ours) / p99(theirs)), p99Milliseconds: p99(ours) },
    };
  } finally {
    bare.process.kill();
  }
}

async function headersOf({ publicUrl }: Platform, credential: Credential, path: string) {
  const proof = await credential.prove({ method: 'GET', url: `${publicUrl}${path}` });
  return { authorization: `DPoP ${credential.accessToken}`, dpop: proof };
}

async function proven(platform: Platform, credential: Credential, path: string): Promise<{ body: string }> {
  const headers = await headersOf(platform, credential, path);
  const response = await fetch(`${platform.apiUrl}${path}`, { headers });
  const body = await response.text();
  if (!response.ok) throw new Error(`${path} answers ${response.status}: ${body}`);
  return { body };
}

async function onlyExhibit(platform: Platform, credential: Credential): Promise<string> {
  const { body } = await proven(platform, credential, '/v1/exhibits');
  const [first] = (JSON.parse(body) as { items: { id: string }[] }).items;
  if (!first) throw new Error('there is no exhibit');
  return first.id;
}

/** Each set of headers once, by so many clients at a time, over connections that are kept. */
async function askAll(url: URL, headers: readonly Record<string, string>[]): Promise<Asked> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const milliseconds: number[] = [];
  const waiting = headers.values();
  const client = async () => {
    for (const own of waiting) {
      const began = performance.now();
      const status = await new Promise<number>((resolve, reject) => {
        request(url, { agent, headers: own }, (response) => {
          response.resume().on('end', () => {
            resolve(response.statusCode ?? 0);
          });
        })
          .on('error', reject)
          .end();
      });
      if (status !== 200) throw new Error(`${url.href} answers ${status}`);
      milliseconds.push(performance.now() - began);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
  return { perSecond: (headers.length * 1000) / (performance.now() - began), milliseconds };
}

async function startBare(page: string): Promise<{ url: string; process: ChildProcess }> {
  const child = fork(builtProgram('scripts', 'bench', 'bare-route.js'), [page]);
  const [port] = (await once(child, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}`, process: child };
}
