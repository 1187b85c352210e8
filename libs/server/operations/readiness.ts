import { Injectable } from '@nestjs/common';

/** Resolves while the thing works, with a few words about it where that is a string; rejects with the reason while it does not. */
export type ReadinessCheck = () => Promise<unknown>;

/** `degraded`: it does not work, and the process can do its own work without it. */
export interface CheckState {
  readonly state: 'up' | 'down' | 'degraded';
  readonly detail?: string;
}

export interface ReadinessReport {
  /** Whether nothing is down. */
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckState>>;
}

/** What this process needs to do its work: each part adds its own check. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, { check: ReadinessCheck; needed: boolean }>();
  private readonly asking = new Map<string, Promise<unknown>>();

  /** @param options.needed false for what the process can do its work without: it is told, and the process stays ready */
  add(name: string, check: ReadinessCheck, { needed = true }: { needed?: boolean } = {}): void {
    this.checks.set(name, { check, needed });
  }

  /** Every check's state. One that does not answer in time does not work; it is not asked again before it has answered. */
  async report(withinMs: number): Promise<ReadinessReport> {
    const checks: Record<string, CheckState> = {};
    for (const name of this.checks.keys()) checks[name] = { state: 'down' };
    await Promise.all(
      [...this.checks].map(async ([name, { check, needed }]) => {
        try {
          const detail = await inTime(this.ask(name, check), withinMs);
          checks[name] = { state: 'up', ...(typeof detail === 'string' && { detail }) };
        } catch (error) {
          checks[name] = { state: needed ? 'down' : 'degraded', detail: reasonOf(error) };
        }
      }),
    );
    return { ready: Object.values(checks).every(({ state }) => state !== 'down'), checks };
  }

  private ask(name: string, check: ReadinessCheck): Promise<unknown> {
    const asked =
      this.asking.get(name) ??
      check().finally(() => {
        this.asking.delete(name);
      });
    this.asking.set(name, asked);
    return asked;
  }
}

async function inTime<Answer>(answer: Promise<Answer>, withinMs: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${withinMs} ms`)), withinMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A connection that is refused on several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return error.message || code;
}
