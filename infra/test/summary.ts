/** A last line that is easy to read for people and scripts alike: `12 passed, 0 failed`. */
import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";

export class Summary implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly unknown[],
    _reason: TestRunEndReason,
  ): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = errors.length;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) counts[test.result().state] += 1;
      // A file that fails to load, or a hook that fails, is a failure without a failed test.
      const failedTests = tests.some((test) => test.result().state === "failed");
      if (module.state() === "failed" && !failedTests) broken += 1;
    }
    const { passed, failed, skipped, pending } = counts;
    const left = skipped + pending;
    const rest = left > 0 ? `, ${left} skipped` : "";
    process.stdout.write(`\n${passed} passed, ${failed + broken} failed${rest}\n`);
  }
}
