/** Runs acts on one subject one after another, whatever becomes of each; acts on different subjects run side by side. */
export class ByTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  run<Result>(subject: string, act: () => Promise<Result>): Promise<Result> {
    const turn = (this.#last.get(subject) ?? Promise.resolve()).then(act, act);
    this.#last.set(subject, turn);
    const forget = () => {
      if (this.#last.get(subject) === turn) this.#last.delete(subject);
    };
    void turn.then(forget, forget);
    return turn;
  }
}
