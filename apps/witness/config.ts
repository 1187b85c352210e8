import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseStrictJson } from '#domain/manifest';
import { parseVerifierKey, ProofError, type SigningKey, type VerifierKey } from '#domain/merkle';
import { readKeyFile } from './key-file.js';
import { ORIGIN_SIZE_BYTES_AT_MOST } from './limits.js';
import { StartupError } from './startup-error.js';

/** Where a server listens. */
export interface Address {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** How a witness runs. */
export interface WitnessConfig {
  readonly name: string;
  readonly keyFile: string;
  /** At least one; each cosigns. */
  readonly keys: readonly SigningKey[];
  readonly listen: Address;
  /** Health and metrics alone; null: beside the rest. */
  readonly operations: Address | null;
  readonly dataFolder: string;
  /** The keys that are trusted to sign for an origin. */
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>;
  /** A request that has not arrived by then is not answered. */
  readonly requestTimeoutSeconds: number;
}

/** Reads the file of configuration and the key that it names. @throws StartupError that lists every fault */
export async function readWitnessConfig(path: string): Promise<WitnessConfig> {
  const document = await readDocument(path);
  const faults: string[] = [];
  const folder = dirname(resolve(path));
  const parsed = ConfigFile.safeParse(document);
  for (const { path: where, message } of parsed.error?.issues ?? []) {
    faults.push(`${where.length === 0 ? 'the file' : where.join('.')}: ${message}`);
  }
  const named = KeyFileAlone.safeParse(document).data;
  const keyFile = named === undefined ? '' : resolve(folder, named.keyFile);
  const keys = keyFile === '' ? [] : await keysOf(keyFile, named?.name, faults);
  const logs = parsed.success ? byOrigin(parsed.data.logs, faults) : new Map<string, VerifierKey[]>();
  if (!parsed.success || faults.length > 0) {
    throw new StartupError('refused-configuration', `${path} is refused:\n  ${faults.join('\n  ')}`);
  }
  const { name, listen, operations, dataFolder, requestTimeoutSeconds } = parsed.data;
  return {
    ...{ name, keyFile, keys, listen, logs, requestTimeoutSeconds },
    operations: operations ?? null,
    dataFolder: resolve(folder, dataFolder),
  };
}

const Listen = z.string().transform((text, context): Address => {
  const [, bracketed, plain, digits = ''] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):([0-9]{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(digits) > 65_535) {
    context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:7450 or [::1]:7450' });
    return z.NEVER;
  }
  return { host, port: Number(digits) };
});

const LogKey = z.string().transform((text, context): VerifierKey => {
  try {
    const key = parseVerifierKey(text);
    if (key.type !== 'cosignature-v1') return key;
    context.addIssue({ code: 'custom', message: "is a witness's key, not a log's" });
  } catch (error) {
    const why = error instanceof ProofError ? error.message : 'no key';
    context.addIssue({ code: 'custom', message: `is no verifier key: ${why}` });
  }
  return z.NEVER;
});

const ConfigFile = z.strictObject({
  name: z.string().min(1),
  keyFile: z.string().min(1),
  listen: Listen,
  operations: Listen.optional(),
  dataFolder: z.string().min(1),
  logs: z
    .array(
      z.strictObject({
        vkey: LogKey,
        /** Where it is not the name of the key. */
        origin: z
          .string()
          .regex(/^[^\x00-\x1f]+$/, 'must be one line')
          .optional(),
      }),
    )
    .min(1)
    .max(10_000),
  requestTimeoutSeconds: z.number().int().min(1).max(60).default(10),
});

/** Enough to look at the key, whatever else is wrong. */
const KeyFileAlone = z.object({ keyFile: z.string().min(1), name: z.string().optional().catch(undefined) });

async function readDocument(path: string): Promise<unknown> {
  try {
    return parseStrictJson(await readFile(path));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StartupError('refused-configuration', `${path} is refused:\n  the file: ${why}`, { cause });
  }
}

async function keysOf(path: string, name: string | undefined, faults: string[]): Promise<SigningKey[]> {
  try {
    const keys = await readKeyFile(path);
    const other = keys.find(({ verifier }) => verifier.name !== name)?.verifier;
    if (name !== undefined && other !== undefined) faults.push(`name: the key is that of ${other.name}`);
    return keys;
  } catch (error) {
    faults.push(`keyFile: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function byOrigin(
  logs: readonly { readonly vkey: VerifierKey; readonly origin?: string | undefined }[],
  faults: string[],
): Map<string, VerifierKey[]> {
  const keys = new Map<string, VerifierKey[]>();
  for (const [at, { vkey, origin = vkey.name }] of logs.entries()) {
    const known = keys.get(origin) ?? [];
    if (known.some(({ name, id }) => name === vkey.name && id === vkey.id)) {
      faults.push(`logs.${at}.vkey: is there twice for one origin`);
    }
    if (Buffer.byteLength(origin) > ORIGIN_SIZE_BYTES_AT_MOST) {
      faults.push(`logs.${at}: an origin has ${ORIGIN_SIZE_BYTES_AT_MOST} bytes at most`);
    }
    keys.set(origin, [...known, vkey]);
  }
  return keys;
}
