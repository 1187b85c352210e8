/** A file to be sealed, wherever it is: a path, a browser's File. */
export interface SourceFile {
  /** Relative, with `/` between folders; its characters exactly as found, U+FFFD where the name is not UTF-8. */
  readonly name: string;
  /** The exact bytes of a name that is not UTF-8, standard base64. */
  readonly nameBase64?: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** The content from its start, in pieces of any size. A piece's memory may be used again once the next is asked for. */
  read(): AsyncIterable<Uint8Array>;
}
