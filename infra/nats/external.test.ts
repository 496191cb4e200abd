import { describe, expect, test } from "vitest";
import { judgeServer, type ServerFacts } from "./external.ts";

const good: ServerFacts = {
  version: "2.10.23",
  jetStream: true,
  payloadMax: 8 * 1024 * 1024,
  syncAlways: true,
};

describe("a server of the user's", () => {
  test.each<[string, Partial<ServerFacts>, RegExp]>([
    ["is too old", { version: "2.10.22" }, /2\.10\.22; 2\.10\.23 or newer/],
    ["says no version", { version: "unknown" }, /version unknown/],
    ["has no JetStream", { jetStream: false }, /--jetstream/],
    ["takes too small messages", { payloadMax: 1024 * 1024 }, /max_payload is 1048576/],
  ])("that %s is refused", (_, facts, message) => {
    expect(judgeServer({ ...good, ...facts }).errors).toEqual([expect.stringMatching(message)]);
  });

  test.each<[string, boolean | undefined, RegExp[]]>([
    ["always", true, []],
    ["now and then", false, [/can be lost/]],
    ["nobody knows when", undefined, [/does not say/]],
  ])("that syncs %s", (_, syncAlways, warnings) => {
    const judged = judgeServer({ ...good, syncAlways });
    expect(judged.errors).toEqual([]);
    expect(judged.warnings).toEqual(warnings.map((text) => expect.stringMatching(text)));
  });
});
