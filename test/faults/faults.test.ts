/** Short campaigns in both layouts and through both doors: what is broken breaks no promise. */
import { describe, expect, test } from "vitest";
import { textOf } from "./report.ts";
import { runCampaign } from "./run.ts";

const testMsMax = 180_000;
const faultsPerRound = 3;
const seed = 1;

describe.concurrent("promises are kept", () => {
  test.each([
    [1, "bus"],
    [3, "bus"],
    [1, "https"],
  ] as const)("with %i nats-servers, over %s", { timeout: testMsMax }, async (layout, door) => {
    const said: string[] = [];
    const ran = await runCampaign({
      seed,
      layout,
      door,
      faultsPerRound,
      goesOn: (rounds) => rounds < 1,
      say: (line) => said.push(line),
    });
    for (const line of ran.leftOut) process.stderr.write(`left out: ${line}\n`);
    const again = `npm run faults -- --minutes 0 --seed ${seed} --layout ${layout} --door ${door}`;
    expect(ran.violations, `${said.join("\n")}\n${textOf(ran, again)}`).toEqual([]);
    expect(ran.happened).toHaveLength(faultsPerRound);
    expect(ran.outcomes.get("committed")).toBeGreaterThan(50);
  });
});
