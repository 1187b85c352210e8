/** Large JSON bodies that are held in memory at once, from their first byte until they are answered. Others wait, unread. */
const LARGE_BODIES_AT_ONCE = 2;

/**
 * Who may hold a large body. Waiting costs nothing: the bytes stay with their sender, and TCP holds them back.
 */
export class LargeBodies {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(atOnce = LARGE_BODIES_AT_ONCE) {
    this.free = atOnce;
  }

  /** Resolves when it is the caller's turn, in the order of asking, with what gives the turn back; that may be called twice. */
  async enter(): Promise<() => void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    };
  }
}
