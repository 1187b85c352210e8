import { describe, expect, it } from '@jest/globals';
import { monitorPage } from './monitor-page.js';

const witness = {
  name: 'witness.borealia.example/amana',
  verifierKey: 'w',
  size: 40,
  seenAt: '2026-11-25T02:00:00.000Z',
};
const standing = {
  ...{ origin: 'custody.example/log/2026a', size: 42, root: 'cm9vdA==', publishedAt: '2026-11-25T02:00:01.000Z' },
  ...{ witnessedSize: 40, quorum: 2 },
  witnesses: [
    { ...witness, behind: 2, fault: 'it does not answer', conflict: null },
    { ...witness, name: '<b>other</b>', size: 42, behind: 0, fault: null, conflict: 'note' },
  ],
  stamped: {
    ...{ size: 38, behind: 4, at: '2026-11-25T01:59:00.000Z', ageSeconds: 61 },
    authority: 'CN=<i>demo-tsa</i>',
  },
  scrubs: [{ part: 'log' as const, endedAt: new Date('2026-11-25T01:00:00Z'), checked: 41, faults: 0 }],
};

describe('the page that shows how the record stands', () => {
  it('tells size, root, the quorum, each witness and the last scrub', () => {
    const page = monitorPage(standing);
    for (const words of [
      '42',
      'cm9vdA==',
      '40 entries, by a quorum of 2',
      '2 entries behind, at 40; last heard of 2026-11-25T02:00:00.000Z; it does not answer',
      'up to date, at 42',
      'it holds a head that contradicts this log',
      '38 entries at 2026-11-25T01:59:00.000Z, 61 s ago, by CN=&#60;i&#62;demo-tsa&#60;/i&#62;; 4 entries published since',
      '2026-11-25T01:00:00.000Z: 41 entries, 0 wrong',
    ])
      expect(page).toContain(words);
  });

  it('takes names for text, and runs nothing', () => {
    const page = monitorPage(standing);
    expect(page).not.toMatch(/<b>|<script|\son\w+=/);
    expect(page).toContain('&#60;b&#62;other');
  });

  it('says so when there is no head and no witness', () => {
    const none = { origin: null, size: 0, root: null, publishedAt: null, witnessedSize: 0, quorum: null };
    const page = monitorPage({ ...none, witnesses: [], stamped: null, scrubs: [] });
    expect(page).toContain('no head is published yet');
    expect(page).toContain('no witnesses');
    expect(page).toContain('no head is stamped');
  });
});
