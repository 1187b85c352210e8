/** Numbers in [0, 1) from a seed, the same each time: for tests that print the seed and can be run again with it. (mulberry32) */
export function randomOf(seedText: string | undefined): { readonly random: () => number; readonly seed: number } {
  const seed = Number(seedText ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { random, seed };
}
