export const VERSION = '0.1.0';

/** Name and version of what seals, signs and packs here, as manifests and packages name it. */
export const SOFTWARE = `amana-cli/${VERSION}`;
