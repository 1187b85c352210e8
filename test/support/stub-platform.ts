import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Profile } from '#client/profile';
import { publicJwkOf } from '#domain/manifest';
import { formatVerifierKey } from '#domain/merkle';
import { GOLDEN_IDS, identity } from './golden-keys.js';
import type { GoldenLog } from './golden-log.js';
import { type Changes, type Golden, makeGolden } from './golden-package.js';
import { type OfficerAtHome, officerAtHome } from './officer-home.js';
import { answerOf } from './stub-answers.js';
import { StubIntake } from './stub-intake.js';
import { type Answer, type Question, RETRIEVAL, type StubTime, jsonAnswer } from './stub-wire.js';
import { writeTokens } from './tokens-at-home.js';

/**
 * A platform that serves the golden exhibit to the agency that sealed it, over HTTP, with true proofs out of a true log; and lies where
 * a test tells it to. It asks nobody who they are.
 */
export class StubPlatform {
  readonly golden: Golden;
  readonly intake: StubIntake;
  /** The log that is served: another one is a fork. */
  log: GoldenLog;
  /** Changes an answer on its way out. */
  lie: (question: Question, answer: Answer) => Answer = (_, answer) => answer;
  /** Method and path of every request. */
  readonly asked: string[] = [];
  profile: Profile | undefined;
  time: StubTime = { roots: null, manifest: null, checkpoint: null };
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  private constructor(golden: Golden) {
    this.golden = golden;
    this.log = golden.log;
    this.intake = new StubIntake(golden.keys);
  }

  static async start(changes: Changes = {}): Promise<StubPlatform> {
    const golden = await makeGolden({
      statements: (all) =>
        all.map((one) => (one.kind === 'package-exported' ? { ...one, retrievalId: RETRIEVAL } : one)),
      ...changes,
    });
    const platform = new StubPlatform(golden);
    await new Promise<void>((resolve) => platform.#server.listen(0, '127.0.0.1', resolve));
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Makes `home` that of the golden officer, signed in here. */
  async signIn(home: string): Promise<OfficerAtHome> {
    const { keys } = this.golden;
    const officer = await officerAtHome(home, {
      agencyId: GOLDEN_IDS.agency,
      officerId: GOLDEN_IDS.officer,
      signingKey: keys.officer,
      agencySigningKey: keys.agency,
      agencyIdentity: identity('court'),
      platform: {
        publicUrl: this.url,
        logOrigin: keys.log.verifier.name,
        logVerifierKey: formatVerifierKey(keys.log.verifier),
        sealKey: publicJwkOf(keys.platform),
      },
    });
    writeTokens(home, officer.profile.officer.email);
    this.profile = officer.profile;
    return officer;
  }

  /** Lies in the JSON that is answered to what is asked for at these paths. */
  lieAt(path: RegExp, alter: (value: never) => unknown): void {
    this.lie = (question, answer) => {
      if (!path.test(`${question.method} ${question.url.pathname}`)) return answer;
      const value: unknown = JSON.parse(Buffer.from(answer.body as Uint8Array).toString('utf8'));
      return jsonAnswer(alter(value as never));
    };
  }

  /** Answers otherwise to what is asked for at these paths. */
  answerAt(path: RegExp, answer: (honest: Answer) => Answer): void {
    this.lie = ({ method, url }, honest) => (path.test(`${method} ${url.pathname}`) ? answer(honest) : honest);
  }

  /** Alters the bytes answered at these paths. */
  alterAt(path: RegExp, alter: (bytes: Buffer) => Uint8Array): void {
    this.answerAt(path, (honest) => ({ ...honest, body: alter(Buffer.from(honest.body as Uint8Array)) }));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const url = new URL(request.url ?? '/', this.url);
    const question = { method: request.method ?? '', url, range: request.headers.range, body: Buffer.concat(pieces) };
    this.asked.push(`${question.method} ${url.pathname}`);
    const { status, type, body } = this.lie(question, await answerOf(this, question));
    response.writeHead(status, { 'content-type': type, etag: '"1"' });
    if (body instanceof Uint8Array) response.end(body);
    else await trickle(body, response);
  }
}

async function trickle(body: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  for await (const piece of body) {
    if (response.destroyed) return;
    if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}
