/** Parts handed on and not done with, at most so many. The first that fails stops the file. */
export class PartsInFlight<Part> {
  readonly #take: (part: Part) => Promise<void>;
  readonly #limit: number;
  readonly #open = new Set<Promise<void>>();
  #failure: { cause: unknown } | undefined;

  constructor(take: (part: Part) => Promise<void>, limit: number) {
    this.#take = take;
    this.#limit = limit;
  }

  /** Hands a part on. Resolves when there is room for another. @throws what taking a part threw */
  async hand(part: Part): Promise<void> {
    const taken: Promise<void> = this.#take(part)
      .catch((cause: unknown) => {
        this.#failure ??= { cause };
      })
      .finally(() => this.#open.delete(taken));
    this.#open.add(taken);
    while (this.#open.size >= this.#limit) await Promise.race(this.#open);
    this.#throwFailure();
  }

  /** Resolves when none is open. @throws what taking a part threw */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
    this.#throwFailure();
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.cause;
  }
}
