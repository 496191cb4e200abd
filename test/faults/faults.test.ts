/** A short campaign in both layouts: whatever is broken, every promise is kept. */
import { describe, expect, test } from "vitest";
import { textOf } from "./report.ts";
import { runCampaign } from "./run.ts";

const testMsMax = 90_000;

describe.concurrent("promises are kept", () => {
  test.each([1, 3] as const)("with %i nats-servers", { timeout: testMsMax }, async (layout) => {
    const seed = 1;
    const said: string[] = [];
    const ran = await runCampaign({
      seed,
      layout,
      faultsPerRound: 5,
      goesOn: (rounds) => rounds < 1,
      say: (line) => said.push(line),
    });
    for (const line of ran.leftOut) process.stderr.write(`left out: ${line}\n`);
    const again = `npm run faults -- --minutes 0 --seed ${seed} --layout ${layout}`;
    expect(ran.violations, `${said.join("\n")}\n${textOf(ran, again)}`).toEqual([]);
    expect(ran.happened).toHaveLength(5);
    expect(ran.outcomes.get("committed")).toBeGreaterThan(100);
  });
});
