/**
 * npm run fuzz -- [--minutes 1] [--seed N] [--only NAME] [--attempts N]: every fuzzer for its share
 * of the time, in turns. Ends with 1 when something failed.
 */
import { parseArgs } from "node:util";
import { realWorld } from "#libs/actor/world.ts";
import { fuzz, report } from "./campaign.ts";
import { targets } from "./targets/index.ts";

const seedsMax = 2 ** 31;
const failuresMax = 5;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    only: { type: "string" },
    attempts: { type: "string" },
  },
});
const seed = Number(values.seed ?? Math.floor(realWorld.random() * seedsMax));
const attemptsMax = Number(values.attempts ?? Infinity);
const chosen = targets.filter(({ name }) => values.only === undefined || name === values.only);
const shareMs = (Number(values.minutes) * 60_000) / chosen.length;

if (chosen.length === 0) {
  const names = targets.map(({ name }) => name).join(", ");
  process.stderr.write(`no fuzzer ${values.only}; there are ${names}\n`);
  process.exitCode = 2;
}
for (const target of chosen) {
  const until = realWorld.monotonic() + shareMs;
  const { attempts, failures, slowestMs } = fuzz(
    target,
    seed,
    (done, failed) =>
      done >= attemptsMax || failed >= failuresMax || realWorld.monotonic() >= until,
  );
  for (const failure of failures) process.stdout.write(report(failure));
  const slowest = `slowest ${slowestMs.toFixed(1)} ms`;
  process.stdout.write(
    `${failures.length === 0 ? "✔" : "✘"} ${target.name}: ${attempts} attempts, ${slowest}\n`,
  );
  if (failures.length > 0) process.exitCode = 1;
}
const { maxRSS } = process.resourceUsage();
process.stdout.write(`seed ${seed}, ${Math.round(maxRSS / 1024)} MB at most\n`);
