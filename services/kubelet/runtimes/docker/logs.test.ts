import { describe, expect, test } from "vitest";
import { queryOf, withoutFrames } from "./logs.ts";

const frame = (stream: number, text: string) => {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

async function* cut(data: Buffer, size: number): AsyncIterable<Buffer> {
  for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size);
}

async function read(data: Buffer, size: number): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of withoutFrames(cut(data, size))) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe("frames", () => {
  const data = Buffer.concat([
    frame(1, "one\n"),
    frame(2, ""),
    frame(2, "zwei – drei\n"),
    frame(1, "x".repeat(1_000)),
  ]);
  const text = `one\nzwei – drei\n${"x".repeat(1_000)}`;

  test.each([1, 3, 7, 8, 9, 100, 5_000])("in chunks of %i bytes", async (size) => {
    expect(await read(data, size)).toBe(text);
  });

  test("an end in the middle gives what came", async () => {
    expect(await read(data.subarray(0, 10), 4)).toBe("on");
    expect(await read(data.subarray(0, 5), 4)).toBe("");
  });
});

test.each([
  [
    { follow: false, timestamps: false },
    { follow: false, timestamps: false },
  ],
  [
    { follow: true, timestamps: true, tailLines: 0 },
    { follow: true, timestamps: true, tail: 0 },
  ],
  [
    { follow: false, timestamps: false, since: 1_700_000_000_123 },
    { follow: false, timestamps: false, since: 1_700_000_000.123 },
  ],
])("asks for %j", (options, query) => {
  expect(queryOf(options)).toEqual({ stdout: true, stderr: true, ...query });
});
