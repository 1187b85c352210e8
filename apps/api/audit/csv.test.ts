import { describe, expect, it } from '@jest/globals';
import { csvLine } from './csv.js';

describe('csvLine', () => {
  it.each([
    [['a', 1, null], 'a,1,\r\n'],
    [['=cmd()'], "'=cmd()\r\n"],
    [['+1', '-1', '@x', '\tx'], "'+1,'-1,'@x,'\tx\r\n"],
    [[-1], '-1\r\n'],
    [['say "no", now'], '"say ""no"", now"\r\n'],
    [['two\r\nlines'], '"two\r\nlines"\r\n'],
    [['=1,"2"'], '"\'=1,""2"""\r\n'],
  ])('%j', (fields, line) => {
    expect(csvLine(fields)).toBe(line);
  });
});
