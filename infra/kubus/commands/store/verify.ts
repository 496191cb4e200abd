/** `kubus store verify`: whether everything that the store keeps is as it was written. */
import { openKept } from "../../../../services/store/backup/kept.ts";
import { type Verified, verifyKept } from "../../../../services/store/backup/verify.ts";
import { type Which, withKept } from "../../keeping/reach.ts";
import { bytesText, timeText } from "../../keeping/text.ts";

export interface VerifyOptions extends Which {
  readonly output: string;
}

/** Sets the exit code to 1 when anything is damaged. */
export async function verify(options: VerifyOptions): Promise<void> {
  const { verified, copies } = await withKept(options, async ({ bus, world, layout }) => {
    const kept = await openKept(bus, world);
    try {
      return { verified: await verifyKept(kept), copies: layout.replicas };
    } finally {
      kept.close();
    }
  });
  const json = `${JSON.stringify(verified, null, 2)}\n`;
  process.stdout.write(options.output === "json" ? json : verifiedText(verified, copies));
  if (verified.problems.length > 0) process.exitCode = 1;
}

/**
 * For people; pure.
 * @param copies NATS servers that have what is kept
 */
export function verifiedText(verified: Verified, copies: number): string {
  const { log, snapshots, state, problems } = verified;
  const { firstSequence, lastSequence, firstRevision, lastRevision, firstEpoch, lastEpoch } = log;
  const isEmpty = log.messages === 0;
  const rows: [string, string][] = [
    ["log", `${log.messages} messages, ${bytesText(log.bytes)}`],
    ["messages", isEmpty ? "none" : range(firstSequence, lastSequence)],
    ["revisions", range(firstRevision, lastRevision)],
    ["epochs", range(firstEpoch, lastEpoch)],
    ...snapshots.map(({ revision, records, timeMs }): [string, string] => [
      "snapshot",
      `at revision ${revision}, ${records} records, ${timeText(timeMs)}`,
    ]),
    [
      "state",
      state
        ? `revision ${state.revision}, ${state.keys} keys, ${bytesText(state.valueBytes)}`
        : "cannot be known: a store refuses to serve this",
    ],
  ];
  const facts = rows.map(([name, text]) => `${`${name}:`.padEnd(11)} ${text}\n`).join("");
  if (problems.length === 0) return `${facts}everything is as it was written\n`;
  const damage = problems.map((problem) => `DAMAGED: ${problem}\n`).join("");
  return `${facts}${damage}${copies > 1 ? otherCopies(copies) : ""}${wayBack}`;
}

const range = (first: number, last: number): string =>
  last < first ? "none" : first === last ? String(first) : `${first} to ${last}`;

const otherCopies = (copies: number): string => `
There are ${copies} copies, and this one was read from one of them: another may be whole, so that a
store serves it, and a snapshot save that comes upon it succeeds.
`;

const wayBack = `
The way back: restore the last backup (kubus store snapshot restore FILE --force). Without one, save
what can still be read (kubus store snapshot save FILE --up-to-damage), and restore that.
`;
