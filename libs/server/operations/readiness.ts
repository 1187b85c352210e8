import { Injectable } from '@nestjs/common';

/** Rejects, with the reason, while the process cannot do its work. */
export type ReadinessCheck = () => Promise<void>;

/** What this process needs to do its work: each part adds its own check. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** Each check's name with `ok` or what is wrong. A check that does not answer in time is wrong. */
  async report(withinMs: number): Promise<Record<string, string>> {
    const names = [...this.checks.keys()];
    const outcomes = await Promise.all([...this.checks.values()].map((check) => outcomeOf(check, withinMs)));
    return Object.fromEntries(names.map((name, position) => [name, outcomes[position] ?? 'unknown']));
  }
}

async function outcomeOf(check: ReadinessCheck, withinMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${withinMs} ms`), withinMs);
  });
  const outcome = check().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : 'failed'),
  );
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}
