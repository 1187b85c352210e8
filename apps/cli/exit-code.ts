import { CommanderError } from 'commander';
import { ApiError } from '#client/api';
import { FetchError } from '#client/fetch';
import { KeystoreError, type KeystoreErrorCode } from '#client/keystore';
import { SuccessionError } from '#client/log';
import { ProfileError, type ProfileErrorCode } from '#client/profile';
import { SealError } from '#client/seal';
import { ShareError } from '#client/share';
import { SignInError } from '#client/sign-in';
import { UploadError } from '#client/upload';
import { PROBLEMS } from '#domain/contract';
import { ManifestError } from '#domain/manifest';
import { ProofError } from '#domain/merkle';
import { PackageError } from '#domain/package';
import { SealingError } from '#domain/sealing';
import { IntegrityError } from './integrity-error.js';
import { UsageError } from './usage-error.js';
import { VerdictError } from './verdict-error.js';

/** What a script sees of how a command went (surface.md). */
export const EXIT = { done: 0, internal: 1, usage: 2, notAuthorised: 3, integrity: 4, unreachable: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const KEYSTORE: Readonly<Record<KeystoreErrorCode, ExitCode>> = {
  corrupt: EXIT.integrity,
  'work-factor': EXIT.integrity,
  'wrong-passphrase': EXIT.notAuthorised,
  'not-entitled': EXIT.notAuthorised,
  'weak-passphrase': EXIT.usage,
  'bad-recipient': EXIT.usage,
};

const PROFILE: Readonly<Record<ProfileErrorCode, ExitCode>> = {
  'pinned-key-changed': EXIT.integrity,
  'not-trusted': EXIT.integrity,
  'unknown-signer': EXIT.integrity,
  'other-exhibit': EXIT.integrity,
  'agency-without-keys': EXIT.notAuthorised,
  'not-certified': EXIT.notAuthorised,
  'not-a-party': EXIT.notAuthorised,
  'agreement-not-in-force': EXIT.notAuthorised,
};

/** Problems whose HTTP status says less than their code. */
const PROBLEM: Readonly<Record<string, ExitCode>> = {
  'digest-mismatch': EXIT.integrity,
  'manifest-mismatch': EXIT.integrity,
  'manifest-invalid': EXIT.integrity,
  'exists-with-other-content': EXIT.integrity,
  'signer-not-certified': EXIT.notAuthorised,
  'key-not-certified': EXIT.notAuthorised,
  'too-many-requests': EXIT.unreachable,
};

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof CommanderError) return EXIT.usage;
  if (error instanceof ApiError) return ofApi(error);
  if (error instanceof SignInError) {
    return error.code === 'unreachable' || error.code === 'unexpected' ? EXIT.unreachable : EXIT.notAuthorised;
  }
  if (error instanceof KeystoreError) return KEYSTORE[error.code];
  if (error instanceof ProfileError) return PROFILE[error.code];
  if (error instanceof FetchError) return error.code === 'output-taken' ? EXIT.usage : EXIT.integrity;
  if (error instanceof SealError) return error.code === 'engine-closed' ? EXIT.internal : EXIT.integrity;
  if (error instanceof ManifestError) return error.code === 'unknown-key' ? EXIT.notAuthorised : EXIT.integrity;
  if (error instanceof PackageError) return ofPackage(error);
  if (error instanceof VerdictError) return error.verdict === 'undecided' ? EXIT.unreachable : EXIT.integrity;
  const broken = [UploadError, ShareError, SealingError, ProofError, IntegrityError, SuccessionError];
  if (broken.some((kind) => error instanceof kind)) return EXIT.integrity;
  if (!isFileProblem(error)) return EXIT.internal;
  return PASSING.has(error.code) ? EXIT.unreachable : EXIT.usage;
}

/** What a failure is, for scripts: the code of the problem that was answered or of what was refused, in kebab case. */
export function codeOf(error: unknown): string {
  const exit = exitCodeOf(error);
  if (exit === EXIT.internal) return 'internal';
  if (error instanceof UsageError || error instanceof CommanderError) return 'usage';
  if (error instanceof ApiError) return error.code ?? error.failure.kind;
  if (error instanceof IntegrityError) return 'integrity';
  if (error instanceof VerdictError) return error.verdict;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
  return isFileProblem(error) ? 'file' : code;
}

/** What to say of a failure, on one line. */
export function wordsOf(error: unknown): string {
  if (error instanceof ApiError) return apiWords(error);
  if (error instanceof SealError || error instanceof FetchError) {
    return error.subject === undefined ? error.message : `"${error.subject}": ${error.message}`;
  }
  if (isFileProblem(error)) return fileWords(error);
  if (!(error instanceof Error)) return String(error);
  return exitCodeOf(error) === EXIT.internal
    ? `internal error: ${error.message}`
    : error.message.replace(/^error: /, '');
}

function ofApi({ failure }: ApiError): ExitCode {
  if (failure.kind !== 'problem') return EXIT.unreachable;
  const { code, status } = failure.problem;
  const byCode = Object.hasOwn(PROBLEM, code) ? PROBLEM[code] : undefined;
  if (byCode !== undefined) return byCode;
  if (status === 401 || status === 403 || status === 404) return EXIT.notAuthorised;
  return status >= 500 ? EXIT.unreachable : EXIT.usage;
}

function ofPackage({ code }: PackageError): ExitCode {
  if (code === 'unreadable') return EXIT.unreachable;
  return code === 'bad-input' ? EXIT.integrity : EXIT.usage;
}

function apiWords(error: ApiError): string {
  const { failure, message } = error;
  if (failure.kind !== 'problem') return message;
  const { problem } = failure;
  if (problem.code === 'unauthenticated') return 'not signed in, or the sign-in has ended; run `amana login`';
  if (problem.code === 'insufficient-user-authentication')
    return 'this needs a fresh sign-in; run `amana login`, then this command again';
  const title = Object.hasOwn(PROBLEMS, problem.code) ? problem.title : `${problem.title} (${problem.code})`;
  const says = problem.detail?.toLowerCase() !== title.toLowerCase();
  const detail = problem.detail !== undefined && says ? `${title}: ${problem.detail}` : title;
  const rule =
    problem.rule === undefined ? '' : ` [${problem.rule}${problem.source === undefined ? '' : `, ${problem.source}`}]`;
  const faults = (problem.faults ?? []).map(({ path, message: why }) => `; ${path}: ${why}`).join('');
  return detail + rule + faults;
}

type FileProblem = Error & { readonly code: string; readonly path?: string };

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'is a folder',
  EACCES: 'may not be read or written',
  EPERM: 'may not be read or written',
  EROFS: 'is on a read-only file system',
  ENOSPC: 'there is no room left on the disk',
  EDQUOT: 'the quota of the disk is used up',
  ENAMETOOLONG: 'the name is too long',
  EEXIST: 'exists already',
  ELOOP: 'is a symbolic link',
  EMFILE: 'too many files are open',
  EIO: 'the disk does not give or take the bytes',
};

/** What may be otherwise at another time. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'EIO']);

function isFileProblem(error: unknown): error is FileProblem {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    Object.hasOwn(FILE_PROBLEMS, error.code)
  );
}

function fileWords({ code, path }: FileProblem): string {
  const what = FILE_PROBLEMS[code] ?? code;
  return path === undefined ? what : `"${path}": ${what}`;
}
