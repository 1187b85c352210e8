import type { CustodyEvent } from '#domain/custody';
import type { Manifest } from '#domain/manifest';
import { formatOxum, tagValue, type BagInfo, type Oxum } from './bag/bag-info.js';

/**
 * What `bag-info.txt` says of a package: all of it follows from the signed manifest and from the event of the export, but for the name of
 * the software, which is what that software says of itself.
 */
export function bagInfoOf(manifest: Manifest, exported: CustodyEvent, software: string): BagInfo {
  return [
    ['Source-Organization', `Agency ${manifest.agencyId}`],
    ['External-Identifier', `urn:uuid:${manifest.exhibitId}`],
    ['External-Description', `Exhibit ${manifest.exhibitNumber} of case ${manifest.caseNumber}`],
    ['Internal-Sender-Identifier', `urn:uuid:${exported.id}`],
    ['Bagging-Date', exported.at.slice(0, 10)],
    [SOFTWARE, software],
  ];
}

/** Where a bag says other than the manifest and the export do, in words; null when it does not. */
export function bagInfoFault(said: BagInfo, oxum: Oxum, manifest: Manifest, exported: CustodyEvent): string | null {
  const due: BagInfo = [...bagInfoOf(manifest, exported, ''), ['Payload-Oxum', formatOxum(oxum)]];
  for (const [at, [label, value]] of due.entries()) {
    const [foundLabel, found] = said[at] ?? [];
    const holds = foundLabel === label && (label === SOFTWARE || found === tagValue(value));
    if (!holds) return `bag-info.txt, line ${at + 1}: manifest and record give "${label}: ${tagValue(value)}"`;
  }
  return said.length === due.length ? null : `bag-info.txt, line ${due.length + 1}: nothing signed gives such a line`;
}

const SOFTWARE = 'Bag-Software-Agent';
