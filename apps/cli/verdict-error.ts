import type { PackageVerdict } from '#domain/package';

/** A package that was checked and is not verified: what ends `amana verify`, with exit code 4 when it is broken and 5 when undecided. */
export class VerdictError extends Error {
  override readonly name = 'VerdictError';
  readonly verdict: PackageVerdict['verdict'];

  constructor({ verdict, link, detail }: PackageVerdict) {
    super(link === null ? `${verdict}: ${detail}` : `${verdict} (${link}): ${detail}`);
    this.verdict = verdict;
  }
}
