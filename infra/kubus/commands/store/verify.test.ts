import { expect, test } from "vitest";
import type { Verified } from "../../../../services/store/backup/verify.ts";
import { verifiedText } from "./verify.ts";

const well: Verified = {
  log: {
    messages: 5,
    bytes: 2_048,
    firstSequence: 3,
    lastSequence: 7,
    firstRevision: 10,
    lastRevision: 20,
    firstEpoch: 1,
    lastEpoch: 2,
  },
  snapshots: [{ sequence: 4, revision: 9, records: 6, chunks: 3, logSequence: 2, timeMs: 1_000 }],
  state: { revision: 20, keys: 7, valueBytes: 100 },
  problems: [],
};

test("what is there is told", () => {
  expect(verifiedText(well, 1)).toBe(
    [
      "log:        5 messages, 2.0 KiB",
      "messages:   3 to 7",
      "revisions:  10 to 20",
      "epochs:     1 to 2",
      "snapshot:   at revision 9, 6 records, 1970-01-01T00:00:01Z",
      "state:      revision 20, 7 keys, 100 bytes",
      "everything is as it was written",
      "",
    ].join("\n"),
  );
});

test("damage is told with its place and the way back, and what copies may mean", () => {
  const damaged = { ...well, state: undefined, problems: ["log message 5: the checksum is wrong"] };
  const text = verifiedText(damaged, 1);
  expect(text).toMatch(/state: +cannot be known/);
  expect(text).toMatch(/\nDAMAGED: log message 5: the checksum is wrong\n\nThe way back/);
  expect(text).not.toContain("copies");
  expect(verifiedText(damaged, 3)).toMatch(/There are 3 copies/);
});
