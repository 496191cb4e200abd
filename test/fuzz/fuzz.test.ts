/** A few thousand attempts of every fuzzer; more by hand with `npm run fuzz`. */
import { expect, test } from "vitest";
import { fuzz, report } from "./campaign.ts";
import { BrokenLaw } from "./target.ts";
import { targets } from "./targets/index.ts";

const seed = 1;
const attemptsMax = 300;

test.each(targets)("$name takes everything", (target) => {
  const { failures } = fuzz(target, seed, (attempts) => attempts >= attemptsMax);
  expect(failures.map(report)).toEqual([]);
});

test("a fuzzer that breaks is told with its seed and input", () => {
  const breaks = {
    name: "breaks",
    attempt: (random: () => number) => {
      const odd = random() < 0.5;
      return {
        input: String(odd),
        run: () => {
          if (odd) throw new BrokenLaw("it is odd");
        },
      };
    },
  };
  const { attempts, failures } = fuzz(breaks, 7, (done) => done >= 20);
  expect(attempts).toBe(20);
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.length).toBeLessThan(20);
  for (const failure of failures) {
    const again = fuzz(breaks, failure.seed, (done) => done >= 1);
    expect(again.failures).toEqual([
      expect.objectContaining({ seed: failure.seed, input: "true" }),
    ]);
    expect(report(failure)).toContain(`--only breaks --seed ${failure.seed} --attempts 1`);
  }
});

test("what takes too long each time is a failure", () => {
  const slow = {
    name: "slow",
    attempt: () => ({
      input: "",
      run: () => {
        const began = process.threadCpuUsage();
        while (process.threadCpuUsage(began).user < 101_000);
      },
    }),
  };
  const { failures } = fuzz(slow, 1, (done) => done >= 1);
  expect(failures[0]?.why).toMatch(/^takes \d+ ms$/);
});
