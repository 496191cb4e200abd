import { describe, expect, test } from "vitest";
import { controlRequest, readControl } from "./control.ts";

const json = (text: string) => new TextEncoder().encode(text);

describe("control messages", () => {
  test.each([
    ['{"crash":{}}', { type: "Crash", actor: "" }],
    ['{"crash":{"actor":"pod/1"}}', { type: "Crash", actor: "pod/1" }],
    ['{"stop":{}}', { type: "Stop" }],
    ['{"pause":{}}', { type: "Pause" }],
    ['{"resume":{}}', { type: "Resume" }],
    [
      '{"delay":{"subject":"a.>","milliseconds":5}}',
      { type: "Delay", subject: "a.>", milliseconds: 5 },
    ],
    ['{"drop":{"subject":"a.*","percent":10}}', { type: "Drop", subject: "a.*", percent: 10 }],
  ])("JSON from a shell: %s", (text, control) => {
    expect(readControl(json(text))).toEqual(control);
  });

  test.each([
    "",
    "{",
    "{}",
    "[]",
    '{"drop":{"subject":"a","percent":101}}',
    '{"drop":{}}',
    "\u0007",
  ])("nonsense: %j", (text) => expect(readControl(json(text))).toBeUndefined());

  test("protobuf", () => {
    const bytes = controlRequest.encode({ drop: { subject: "a", percent: 3 } });
    expect(readControl(bytes)).toEqual({ type: "Drop", subject: "a", percent: 3 });
    expect(readControl(controlRequest.encode({ crash: {} }))).toEqual({ type: "Crash", actor: "" });
  });
});
