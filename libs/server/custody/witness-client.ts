import { createHash } from 'node:crypto';

/** What a witness answers to a checkpoint. C2SP tlog-witness. */
export type WitnessAnswer =
  /** Signature lines, not yet verified. */
  | { readonly kind: 'cosigned'; readonly lines: string }
  /** 409: it holds a head over so many entries, from which the proof must lead. */
  | { readonly kind: 'holds'; readonly size: number }
  /** 422: the proof does not lead from what it holds to the checkpoint. */
  | { readonly kind: 'contradicted' }
  | { readonly kind: 'refused'; readonly status: number };

/** Whatever fetches: the platform's `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const PATIENCE_MS = 5_000;
/** Of whoever waits for all witnesses before going on. */
const SHORT_PATIENCE_MS = 2_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** One witness, as a log asks it. Every method rejects when it does not answer in time, or with too much, or when `ending` ends. */
export class WitnessClient {
  constructor(
    private readonly url: string,
    private readonly fetch: Fetch,
    private readonly ending: AbortSignal = new AbortController().signal,
  ) {}

  async addCheckpoint(old: number, proof: readonly Uint8Array[], note: Uint8Array): Promise<WitnessAnswer> {
    const lines = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
    const body = Buffer.concat([Buffer.from(`old ${old}\n${lines}\n`, 'utf8'), note]);
    const { status, text, type } = await this.ask('/add-checkpoint', { method: 'POST', body }, PATIENCE_MS);
    if (status === 200) return { kind: 'cosigned', lines: text };
    if (status === 422) return { kind: 'contradicted' };
    if (status === 409 && type === 'text/x.tlog.size' && /^(0|[1-9]\d{0,15})\n$/.test(text))
      return { kind: 'holds', size: Number(text) };
    return { kind: 'refused', status };
  }

  /** The last checkpoint of a log that it cosigned, a note not yet verified; null where it has, or tells, none. */
  async latest(origin: string): Promise<Uint8Array | null> {
    const hash = createHash('sha256').update(origin).digest('hex');
    const { status, text } = await this.ask(`/checkpoint/${hash}`, { method: 'GET' }, SHORT_PATIENCE_MS);
    return status === 200 ? Buffer.from(text, 'utf8') : null;
  }

  private async ask(
    path: string,
    init: RequestInit,
    patienceMs: number,
  ): Promise<{ status: number; text: string; type: string }> {
    const signal = AbortSignal.any([this.ending, AbortSignal.timeout(patienceMs)]);
    const answer = await this.fetch(this.url.replace(/\/$/, '') + path, { ...init, redirect: 'error', signal });
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > MAX_ANSWER_BYTES) throw new Error('the witness answered with too much');
      pieces.push(piece);
    }
    const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
    return { status: answer.status, text: Buffer.concat(pieces).toString('utf8'), type: type.trim() };
  }
}
