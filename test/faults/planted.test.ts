/** Each bug that is planted in a store is found by a campaign, and named for what it is. */
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ackBeforeFsync, plantedBug } from "./planted/planted.ts";
import { Disk } from "./rig/disk.ts";
import { textOf } from "./report.ts";
import { runCampaign, type RunOptions } from "./run.ts";

const noDisk = await Disk.missing(join(tmpdir(), `kubus-faults-probe-${process.pid}`));
if (noDisk) process.stderr.write(`left out: ack before fsync: ${noDisk}\n`);

const roundsMax = 6;
const testMsMax = 240_000;

interface Planted extends Partial<RunOptions> {
  /** Properties of which the bug breaks one at least. */
  readonly breaks: readonly string[];
}

const lostWrite = ["acknowledged writes stay", "the log is intact", "unique revisions"];
const oldRead = ["linearizable", "revisions agree with time"];

const bugs: Readonly<Record<string, Planted>> = {
  // The store itself may notice, when it starts again, that its log is shorter than it was.
  "ack before append": { breaks: [...lostWrite, "recovers"], faults: ["kill-store"] },
  "skip the expected sequence": {
    breaks: lostWrite,
    stores: 2,
    clients: 12,
    faults: ["pause-store"],
    holdMs: 2_500,
  },
  "stale read of a deposed leader": {
    breaks: oldRead,
    stores: 2,
    clients: 12,
    faults: ["pause-store"],
    holdMs: 2_500,
  },
  "republish in the wrong order": { breaks: ["broadcast: ordered"] },
  "lose the tail on failover": { breaks: lostWrite, faults: ["kill-store"] },
  "reuse a revision after a restart": { breaks: ["unique revisions"], faults: ["kill-store"] },
  "stale read": { breaks: oldRead },
  "duplicate event": { breaks: ["broadcast: unique"] },
  "missed event": { breaks: ["watch: reliable", "broadcast: previous revision"] },
  "wrong previous revision": { breaks: ["broadcast: previous revision"] },
  "wrong value": { breaks: ["watch: values"] },
  "wrong previous value": { breaks: ["watch: previous value"], door: "https" },
  "is-create is wrong": { breaks: ["watch: is-create"] },
  "compare without swap": { breaks: ["compare and swap", "linearizable"] },
  "half a commit": { breaks: ["acknowledged writes stay"] },
};

const find = async (planted: Planted, more: Partial<RunOptions>) => {
  const { breaks, ...options } = planted;
  const ran = await runCampaign({
    seed: 1,
    layout: 1,
    stores: 1,
    faults: [],
    faultsPerRound: 1,
    recoveryMsMax: 90_000,
    goesOn: (rounds, violations) => violations === 0 && rounds < roundsMax,
    say: () => undefined,
    ...options,
    ...more,
  });
  await rm(ran.folder, { recursive: true, force: true });
  const text = textOf(ran, "vitest");
  const properties = [...new Set(ran.violations.map(({ property }) => property))];
  expect(
    properties.some((property) => breaks.includes(property)),
    text,
  ).toBe(true);
};

describe.concurrent("is found:", () => {
  test.each(Object.entries(bugs))("%s", { timeout: testMsMax }, async (bug, planted) => {
    await find(planted, { planted: plantedBug(bug) });
  });

  // The server acknowledges what its disk forgets when the power fails.
  const unsynced = { breaks: ["acknowledged writes stay"], faults: ["cut-power"] };
  const planted = plantedBug(ackBeforeFsync);

  test.runIf(!noDisk)(`${ackBeforeFsync}, by a disk`, { timeout: testMsMax }, async () => {
    await find(unsynced, { planted });
  });

  test(
    `${ackBeforeFsync}, by the folder as of the last fsync`,
    { timeout: testMsMax },
    async () => {
      await find(unsynced, { planted, disks: "none" });
    },
  );
});
