/** Letters that a purpose has at least, of any script: blanks, digits, marks and invisible characters state nothing. */
const LETTERS = 2;

/** Whether words state a purpose at all. */
export function isStated(purpose: string | null): purpose is string {
  return purpose !== null && (purpose.match(/\p{L}/gu)?.length ?? 0) >= LETTERS;
}

/**
 * Which of the purposes that an agreement lists is meant. Words in free text are for people to judge: the approver, the recipient, the
 * auditor. What is compared here is the closed list: a purpose named beside the words, else the one they begin with, else the only one.
 *
 * @param listed by the agreement, as all parties signed them
 * @param words the purpose in an officer's words
 * @param named one of the listed, said expressly
 * @returns as the agreement has it; null when it is none of the listed, or could be several
 */
export function agreedPurpose(listed: readonly string[], words: string, named: string | null): string | null {
  if (named !== null) return listed.find((purpose) => folded(purpose) === folded(named)) ?? null;
  const begun = purposeNamedBy(listed, words);
  if (begun !== null) return begun;
  const [only, ...others] = listed;
  return others.length === 0 ? (only ?? null) : null;
}

/** The listed purpose that words are, or begin with; of several the longest. Null when they begin with none. */
export function purposeNamedBy(listed: readonly string[], words: string): string | null {
  const said = folded(words);
  const begun = listed.filter((purpose) => {
    const rest = said.startsWith(folded(purpose)) ? said.slice(folded(purpose).length) : null;
    return rest !== null && !/^[\p{L}\p{N}]/u.test(rest);
  });
  return begun.sort((one, other) => other.length - one.length)[0] ?? null;
}

/** Letters alike whatever their case and composition, blanks one. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}
