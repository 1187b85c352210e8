import { CommanderError } from 'commander';
import { describe, expect, it } from '@jest/globals';
import { ApiError } from '#client/api';
import { FetchError } from '#client/fetch';
import { KeystoreError } from '#client/keystore';
import { ProfileError } from '#client/profile';
import { SealError } from '#client/seal';
import { SignInError } from '#client/sign-in';
import { UploadError } from '#client/upload';
import { PROBLEMS, Problem, type ProblemCode } from '#domain/contract';
import { ManifestError } from '#domain/manifest';
import { ProofError } from '#domain/merkle';
import { exitCodeOf, wordsOf } from './exit-code.js';
import { IntegrityError } from './integrity-error.js';
import { UsageError } from './usage-error.js';

const problem = (code: ProblemCode, detail?: string) =>
  new ApiError({ kind: 'problem', problem: new Problem(code, detail).body() }, detail ?? '');
const system = (code: string, path?: string) => Object.assign(new Error('syscall'), { code, ...(path && { path }) });

describe('exit codes', () => {
  it.each<[number, string, unknown]>([
    [1, 'a fault of ours', new TypeError('undefined is not a function')],
    [1, 'something thrown that is no error', 'text'],
    [2, 'usage', new UsageError('x')],
    [2, 'an option that is none', new CommanderError(1, 'commander.unknownOption', 'x')],
    [2, 'a file that is not there', system('ENOENT', 'a')],
    [2, 'an output folder that is taken', new FetchError('output-taken', 'x')],
    [2, 'a weak passphrase', new KeystoreError('weak-passphrase', 'x')],
    [3, 'a wrong passphrase', new KeystoreError('wrong-passphrase', 'x')],
    [3, 'a refused sign-in', new SignInError('wrong-password', 'x')],
    [3, 'keys that are not certified', new ProfileError('not-certified', 'x')],
    [3, 'a recipient who is not a party', new ProfileError('not-a-party', 'x')],
    [3, 'a draft of another officer', new ManifestError('unknown-key', 'x')],
    [4, 'a pinned key that changed', new ProfileError('pinned-key-changed', 'x')],
    [4, 'a source that changed', new SealError('source-changed', 'x')],
    [4, 'a corrupt draft', new SealError('draft-corrupt', 'x')],
    [4, 'a corrupt keystore', new KeystoreError('corrupt', 'x')],
    [4, 'a chunk that is another', new FetchError('chunk-mismatch', 'x')],
    [4, 'a corrupt journal', new UploadError('journal-corrupt', 'x')],
    [4, 'a bad signature', new ManifestError('bad-signature', 'x')],
    [4, 'a bad proof', new ProofError('root-mismatch', 'x')],
    [4, 'a broken log', new IntegrityError('x')],
    [5, 'no answer', new ApiError({ kind: 'unreachable' }, 'x')],
    [5, 'an answer that is none', new ApiError({ kind: 'bad-answer' }, 'x')],
    [5, 'an issuer that does not answer', new SignInError('unreachable', 'x')],
    [5, 'a full disk', system('ENOSPC')],
  ])('%d for %s', (code, _, error) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it('knows every problem of the API', () => {
    const codes = Object.keys(PROBLEMS) as ProblemCode[];
    const found = Object.fromEntries(codes.map((code) => [code, exitCodeOf(problem(code))]));
    expect(found).toMatchObject({
      forbidden: 3,
      unauthenticated: 3,
      'not-found': 3,
      'own-proposal': 3,
      conflict: 2,
      'digest-mismatch': 4,
      unavailable: 5,
      internal: 5,
    });
    expect(Object.values(found).every((code) => code >= 2 && code <= 5)).toBe(true);
  });
});

describe('words', () => {
  it.each<[string, unknown]>([
    ['not signed in, or the sign-in has ended; run `amana login`', problem('unauthenticated')],
    ['The state of the thing does not allow this: it is sealed', problem('conflict', 'it is sealed')],
    ['Who proposes does not approve', problem('own-proposal', 'who proposes does not approve')],
    ['"a b": there is no such file or folder', system('ENOENT', 'a b')],
    ['"disk.img": chunk 3 is another', new FetchError('chunk-mismatch', 'chunk 3 is another', 'disk.img')],
    ['internal error: oops', new TypeError('oops')],
    ["unknown option '--x'", new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'")],
  ])('%s', (words, error) => {
    expect(wordsOf(error)).toBe(words);
  });

  it('name the rule of a refusal, and each fault', () => {
    const body = new Problem('forbidden', 'the grant was revoked', {
      rule: 'grant-revoked',
      source: 'Directive 9(3)',
    }).body();
    expect(wordsOf(new ApiError({ kind: 'problem', problem: body }, ''))).toBe(
      'This officer may not do this: the grant was revoked [grant-revoked, Directive 9(3)]',
    );
    const faulty = new Problem('facts-incomplete', undefined, {
      faults: [{ path: 'seizure.at', message: 'is missing' }],
    }).body();
    expect(wordsOf(new ApiError({ kind: 'problem', problem: faulty }, ''))).toContain('; seizure.at: is missing');
  });
});
