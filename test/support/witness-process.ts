import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openNote, parseVerifierKey, type VerifierKey } from '#domain/merkle';
import { builtProgram } from '../../scripts/services/checkout.js';
import { startProcess, type ServiceProcess } from '../../scripts/services/child-process.js';
import type { TestLog } from './test-log.js';

const madeKeys = new Map<string, { verifier: string; key: Buffer; mark: Buffer }>();
const PROGRAM = builtProgram('apps', 'witness', 'main.js');

/** A witness as a partner state runs it: a process of its own, a folder with its key, its configuration and its memory. */
export class WitnessFolder {
  readonly configFile: string;
  readonly keyFile: string;
  readonly dataFolder: string;
  #key: VerifierKey | undefined;
  #starts = 0;

  constructor(
    readonly folder: string,
    readonly name: string,
  ) {
    this.configFile = join(folder, 'witness.json');
    this.keyFile = join(folder, 'witness.key');
    this.dataFolder = join(folder, 'data');
  }

  /** Makes the key and writes the configuration. Witnesses of one name in one test file have one key. */
  async prepare(logs: readonly TestLog[], more: object = {}): Promise<this> {
    mkdirSync(this.folder, { recursive: true });
    const known = madeKeys.get(this.name);
    if (known === undefined) {
      const { stdout } = await witnessCommand(['keygen', this.name, this.keyFile]);
      const [key, mark] = [this.keyFile, `${this.keyFile}.unused`].map((path) => readFileSync(path));
      madeKeys.set(this.name, { verifier: stdout.trim(), key: key!, mark: mark! });
    } else {
      writeFileSync(this.keyFile, known.key, { mode: 0o600 });
      writeFileSync(`${this.keyFile}.unused`, known.mark);
    }
    this.#key = parseVerifierKey(madeKeys.get(this.name)!.verifier);
    this.configure(logs, more);
    return this;
  }

  configure(logs: readonly TestLog[], more: object = {}): void {
    const config = {
      ...{ name: this.name, keyFile: 'witness.key', listen: '127.0.0.1:0', dataFolder: 'data' },
      logs: logs.map(({ verifierKey }) => ({ vkey: verifierKey })),
      ...more,
    };
    writeFileSync(this.configFile, JSON.stringify(config, null, 2));
  }

  get key(): VerifierKey {
    if (this.#key === undefined) throw new Error('prepare() comes first');
    return this.#key;
  }

  /** @param faultAt the step at which it dies */
  async start(faultAt?: string): Promise<RunningWitness> {
    // Its own each time: two that start at once must not read each other's lines.
    const logFile = join(this.folder, `witness-${++this.#starts}.log`);
    const service = await startProcess({
      name: this.name,
      command: process.execPath,
      args: [PROGRAM, this.configFile],
      env: { PATH: process.env.PATH, ...(faultAt !== undefined && { AMANA_FAULT_AT: faultAt }) },
      logFile,
      ready: { line: /"msg":"listening"/ },
    });
    const printed = readFileSync(logFile, 'utf8');
    const ports = /"ports":\[([0-9,]+)\]/.exec(printed)?.[1]?.split(',') ?? [];
    return new RunningWitness(service, ports.map(Number), this.key);
  }
}

export class RunningWitness {
  readonly url: string;
  readonly port: number;
  readonly operationsUrl: string;

  constructor(
    readonly process: ServiceProcess,
    ports: readonly number[],
    readonly key: VerifierKey,
  ) {
    this.port = ports[0] ?? 0;
    this.url = `http://127.0.0.1:${this.port}`;
    this.operationsUrl = `http://127.0.0.1:${ports[1] ?? this.port}`;
  }

  post(body: Uint8Array | string): Promise<Response> {
    return fetch(`${this.url}/add-checkpoint`, { method: 'POST', body: Buffer.from(body) });
  }

  /** @throws Error when the answer is not a 200 with cosignatures of this checkpoint that verify under the pinned key */
  async cosign(log: TestLog, from: number, to: number): Promise<void> {
    const response = await this.post(log.request(from, to));
    const lines = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${lines}`);
    requireCosigned(log.checkpoint(to), lines, this.key);
  }

  async json<Answer>(path: string): Promise<Answer> {
    return (await (await fetch(`${this.url}${path}`)).json()) as Answer;
  }

  async conflicts(): Promise<ShownConflict[]> {
    return (await this.json<{ conflicts: ShownConflict[] }>('/conflicts')).conflicts;
  }

  overview(): Promise<Overview> {
    return this.json('/');
  }

  async size(log: TestLog): Promise<number> {
    const { logs } = await this.overview();
    const line = logs.find(({ origin }) => origin === log.origin);
    if (line === undefined) throw new Error(`it does not know ${log.origin}`);
    return line.size;
  }
}

export interface ShownConflict {
  readonly id: string;
  readonly kind: string;
  readonly origin: string;
  readonly held: ShownHead;
  readonly shown: ShownHead;
  readonly consistencyProof: readonly string[];
}

interface ShownHead {
  readonly size: number;
  readonly root: string;
  readonly note: string;
}

interface Overview {
  readonly name: string;
  readonly verifierKey: string;
  readonly moreVerifierKeys?: readonly string[];
  readonly logs: readonly {
    readonly origin: string;
    readonly originHash: string;
    readonly size: number;
    readonly root: string | null;
    readonly cosignedAt: string | null;
  }[];
}

/** The lines as the specification has a client read them: behind the checkpoint, opened with the witness's key. */
export function requireCosigned(checkpoint: Uint8Array, lines: string, key: VerifierKey): number {
  const { signatures } = openNote(new Uint8Array(Buffer.concat([checkpoint, Buffer.from(lines)])), [key]);
  const [first] = signatures;
  if (first?.kind !== 'cosignature') throw new Error('no cosignature');
  return first.timestampSeconds;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
export async function witnessCommand(words: readonly string[]): Promise<CommandResult> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, ...words], {
      env: { PATH: process.env.PATH },
      timeout: 20_000,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as CommandResult;
    return { code, stdout, stderr };
  }
}
