// Counts what jest ran and writes it to the file of AMANA_TEST_SUMMARY; `npm test` prints it last, after jest has ended.
import { writeFileSync } from 'node:fs';

const statedReason = / \(skipped: (.+)\)$/;

export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const file = process.env.AMANA_TEST_SUMMARY;
    if (file) writeFileSync(file, JSON.stringify(summarise(results)));
  }
}

/**
 * A file that could not be run, or that broke outside its tests, counts as one failure.
 * @returns {{ passed: number, failed: number, skipped: number, reasons: Record<string, number> }} `reasons`: skipped tests by why
 */
export function summarise(results) {
  const summary = { passed: 0, failed: 0, skipped: 0, reasons: {} };
  for (const file of results.testResults) {
    const failedBefore = summary.failed;
    for (const test of file.testResults) {
      if (test.status === 'passed') summary.passed += 1;
      else if (test.status === 'failed') summary.failed += 1;
      else {
        summary.skipped += 1;
        const reason = reasonOf(test);
        summary.reasons[reason] = (summary.reasons[reason] ?? 0) + 1;
      }
    }
    if (summary.failed === failedBefore && (file.testExecError || file.failureMessage)) summary.failed += 1;
  }
  if (results.wasInterrupted) summary.failed += 1;
  return summary;
}

/** The lines that end a test run: one for each reason to skip, then the count. */
export function lastLines({ passed, failed, skipped, reasons }) {
  const lines = Object.entries(reasons).map(([reason, count]) => `skipped ${count}: ${reason}`);
  lines.push(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return lines;
}

// The reason stands in the title of the test or of a group around it: see requires() in test/support.
function reasonOf(test) {
  if (test.status === 'todo') return `not written yet: ${test.fullName}`;
  for (const title of [test.title, ...test.ancestorTitles.toReversed()]) {
    const reason = statedReason.exec(title)?.[1];
    if (reason) return reason;
  }
  return 'no reason given, or left out by the pattern asked for';
}
