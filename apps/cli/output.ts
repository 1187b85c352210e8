import type { Writable } from 'node:stream';
import { SingleBar } from 'cli-progress';
import { isolated, shown, shownJson, shownSize } from './shown.js';

/** A stream that may be a terminal. */
export type Terminal = Writable & { readonly isTTY?: boolean };

export interface Progress {
  /** @param by bytes, or whatever else the progress counts */
  advance(by: number): void;
  stop(): void;
}

/**
 * The one place that writes to the terminal. Results go to stdout, as words or as one line of JSON; all other words go to stderr.
 * What comes from elsewhere is escaped. Colours and progress bars are for terminals only.
 */
export class Output {
  json = false;
  #hasResult = false;
  readonly #stdout: Terminal;
  readonly #stderr: Terminal;
  readonly #colours: boolean;

  constructor(stdout: Terminal, stderr: Terminal, environment: NodeJS.ProcessEnv) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    const wanted = environment.NO_COLOR === undefined && environment.TERM !== 'dumb';
    this.#colours = stdout.isTTY === true && wanted;
    // A reader that leaves early (`| head`) wants no more; that is no failure.
    stdout.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EPIPE') process.exit(0);
      throw cause;
    });
  }

  /** What the command was asked for. */
  result(value: unknown, words: () => string): void {
    this.#hasResult = true;
    const text = this.json ? shownJson(value) : words();
    if (text !== '') this.#stdout.write(`${text}\n`);
  }

  /** A result that is bytes of its own, such as an export. */
  raw(bytes: Uint8Array | string): void {
    this.#hasResult = true;
    this.#stdout.write(bytes);
  }

  /** Something worth knowing that was not asked for. */
  note(words: string): void {
    this.#stderr.write(`${words}\n`);
  }

  /**
   * Why a command failed: one line. Where JSON was asked for, and no result has told it already (a verdict does), stdout has it too.
   * @param code what a script may tell failures apart by
   */
  failure(words: string, { code, exit }: { readonly code: string; readonly exit: number }): void {
    if (this.json && !this.#hasResult) this.result({ error: { code, exit, detail: words } }, () => '');
    this.#stderr.write(`amana: ${shown(words.replace(/\s*\n\s*/g, '; '))}\n`);
  }

  /** A text from elsewhere, as this output may show it. */
  shown(text: string): string {
    return this.#stdout.isTTY === true ? isolated(text) : shown(text);
  }

  bold(text: string): string {
    return this.#colours ? `\u001b[1m${text}\u001b[22m` : text;
  }

  /** Rows under a heading, in columns; texts from elsewhere escaped. */
  table(heading: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
    const texts = rows.map((row) => row.map((cell) => shown(cell === null ? '-' : String(cell))));
    const widths = heading.map((name, at) => Math.max(name.length, ...texts.map((row) => [...(row[at] ?? '')].length)));
    const line = (cells: readonly string[]) =>
      cells
        .map((cell, at) => (at === cells.length - 1 ? cell : cell + ' '.repeat((widths[at] ?? 0) - [...cell].length)))
        .join('  ')
        .trimEnd();
    return [this.bold(line(heading)), ...texts.map(line)].join('\n');
  }

  /** Names and values, one a line; those without a value are left out. */
  fields(fields: Readonly<Record<string, string | number | null | undefined>>): string {
    const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
    const width = Math.max(...given.map(([name]) => name.length));
    return given.map(([name, value]) => `${this.bold(name.padEnd(width))}  ${this.shown(String(value))}`).join('\n');
  }

  /**
   * A bar on a terminal, with rate and time left; nothing where nobody watches.
   * @param amount how so much of it is written, such as `4.0 GiB`
   */
  progress(label: string, total: number, amount: (value: number) => string = shownSize): Progress {
    if (this.#stderr.isTTY !== true || total === 0) return { advance: () => undefined, stop: () => undefined };
    return progressBar(label, total, amount, this.#stderr);
  }
}

function progressBar(label: string, total: number, amount: (value: number) => string, stream: Terminal): Progress {
  const began = performance.now();
  let done = 0;
  const bar = new SingleBar({
    stream: stream,
    format: `${label} {bar} {percentage} %  {done} of {total_}  {rate}/s  {left}`,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 5,
  });
  const payload = () => {
    const seconds = (performance.now() - began) / 1000;
    const rate = done / Math.max(seconds, 0.001);
    const left = done === 0 ? '' : `${clock((total - done) / rate)} left`;
    return { done: amount(done), total_: amount(total), rate: amount(Math.round(rate)), left };
  };
  bar.start(total, 0, payload());
  return {
    advance(by) {
      done = Math.min(total, done + by);
      bar.update(done, payload());
    },
    stop: () => bar.stop(),
  };
}

/** Seconds as `1:02:03` or `2:03`. */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${hours > 0 ? String(minutes).padStart(2, '0') : minutes}:${String(rest).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
