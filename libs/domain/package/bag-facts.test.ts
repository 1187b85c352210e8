import { beforeAll, describe, it } from '@jest/globals';
import { AttackedPackage, expectBroken } from '../../../test/support/attacked-package.js';

const FILE = 'bag-info.txt';
let attacked: AttackedPackage;
beforeAll(async () => {
  attacked = await AttackedPackage.make();
});

describe('what a bag says of itself, its digests made to agree', () => {
  it.each<[string, number, string | RegExp, string]>([
    ['another agency', 1, /Agency \S+/, 'Agency 0'],
    ['another exhibit', 2, 'urn:uuid:00000000-0000-4000-8000-000000000005', 'urn:uuid:0'],
    ['another number', 3, 'TRP-2026-0417/1', 'TRP-2026-0417/2'],
    ['another export', 4, '000000001007', '000000001006'],
    ['another day', 5, '2026-11-20', '2026-11-21'],
    ['a label more', 6, 'Bag-Software-Agent', 'Contact-Name: X\nBag-Software-Agent'],
    ['a label less', 5, /Bagging-Date: .*\n/, ''],
    ['labels in another order', 1, /^(.*\n)(.*\n)/, '$2$1'],
    ['a line at its end', 8, /$/, 'Contact-Name: X\n'],
  ])('is refused with %s', async (_what, line, from, to) => {
    const bytes = attacked.whole.text(FILE).replace(from, to);
    const copy = attacked.whole.copy().set(FILE, bytes).retag();
    await expectBroken(copy, 'bag', new RegExp(`^bag-info\\.txt, line ${line}: `), attacked.policy);
  });
});
