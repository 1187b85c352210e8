/** What an agency may be competent for, each with the instrument that knows such an authority. A closed list: partners search by it. */
export const COMPETENCES = {
  'border-control': 'Regulation (EU) 2016/399 Art. 2(14); Smuggling Protocol to UNTOC Art. 11',
  'criminal-investigation': 'Directive (EU) 2016/680 Art. 3(7)',
  prosecution: 'UNTOC Art. 11',
  trial: 'UNTOC Art. 11',
  oversight: 'Directive (EU) 2016/680 Art. 41',
  'central-authority': 'UNTOC Art. 18(13)',
  'joint-investigation': 'UNTOC Art. 19; Framework Decision 2002/465/JHA Art. 1',
  'investigation-order-issuing': 'Directive 2014/41/EU Art. 2(c)',
  'investigation-order-executing': 'Directive 2014/41/EU Art. 2(d)',
  'electronic-evidence': 'Regulation (EU) 2023/1543 Art. 4',
  'spontaneous-information': 'UNTOC Art. 18(4)',
  'contact-point-24-7': 'Convention on Cybercrime (ETS 185) Art. 35',
  'asset-recovery': 'UNTOC Art. 13; Council Decision 2007/845/JHA Art. 1',
  'victim-protection': 'UNTOC Art. 25; Trafficking Protocol Art. 6',
} as const satisfies Record<string, string>;
export type Competence = keyof typeof COMPETENCES;

export const COMPETENCE_NAMES = Object.keys(COMPETENCES) as [Competence, ...Competence[]];
