/** The links of the chain, in the order they are checked; each rests on those before it. */
export type Link =
  | 'bag'
  | 'signer-certificate'
  | 'manifest-signature'
  | 'seal'
  | 'payload'
  | 'custody-entry'
  | 'inclusion'
  | 'checkpoint'
  | 'witness-quorum'
  | 'timestamp';

/** How much was found in order before the verdict. */
export interface Checked {
  /** Files of the bag whose digests are the listed ones. */
  bagFiles: number;
  /** Statements of agencies, agreements and certificates of officers. */
  certificates: number;
  /** On the manifest: of officers and of the platform. */
  signatures: number;
  /** Evidence files. */
  files: number;
  /** Chunks of 1 MiB of evidence. */
  chunks: number;
  /** Bytes of evidence as stored. */
  bytes: number;
  events: number;
  /** Of those, whose salt and body were destroyed under law, as the record says: their commitment is in the log. */
  erased: number;
  proofs: number;
  /** Of witnesses that the policy names. */
  cosignatures: number;
  /** Of the checkpoint and of the manifest, with what renewed them. */
  timestamps: number;
  /** Of those, by an authority that the reader gave; by any other they are the package's own claim. */
  pinnedTimestamps: number;
  /** Keys that the reader gave and the package is by: of its log, its platform, its agency. What is missing to 3 is its own claim. */
  pinnedKeys: number;
}

/**
 * What a package is found to be, as `amana verify --json` prints it. `broken`: something in it is not as it must be, `link` names
 * the first such link of the chain. `undecided`: something needed to tell is not there or cannot be read.
 */
export interface PackageVerdict {
  readonly verdict: 'verified' | 'broken' | 'undecided';
  readonly link: Link | null;
  /** For a person to read, in one line. The same input gives the same words. */
  readonly detail: string;
  readonly checked: Readonly<Checked>;
}

/** A link that does not hold, or that cannot be decided. Never leaves `verifyPackage`. */
export class LinkFault extends Error {
  override readonly name = 'LinkFault';
  readonly verdict: 'broken' | 'undecided';
  readonly link: Link;

  constructor(link: Link, detail: string, verdict: 'broken' | 'undecided' = 'broken') {
    super(detail);
    this.link = link;
    this.verdict = verdict;
  }
}
