import { connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensurePki } from "../../../infra/certs/pki.ts";
import { openDoor, type TestDoor } from "./fixtures/door.ts";
import { warningHeaders } from "./warnings.ts";

const read = (headers: readonly string[]) =>
  headers.map((header) => Buffer.from(header, "latin1").toString("utf8"));

describe("warnings", () => {
  test.each([
    ["quotes and backslashes", ['a "b" \\c'], ['299 - "a \\"b\\" \\\\c"']],
    ["other scripts", ["é → 😀"], ['299 - "é → 😀"']],
    ["each once", ["a", "b", "a"], ['299 - "a"', '299 - "b"']],
    ["nothing", [""], []],
    ["control characters", ["a\nb", "c\u0001", "d\u0085", "e"], ['299 - "e"']],
    [
      "lines of go-yaml",
      ['yaml: unmarshal errors:\n  line 2: key "a" already set in map\n  line 3: b'],
      ['299 - "line 2: key \\"a\\" already set in map"', '299 - "line 3: b"'],
    ],
  ])("%s", (_, texts, headers) => {
    expect(read(warningHeaders(texts))).toEqual(headers);
  });

  test("are cut when they are too long together", () => {
    const long = ["é".repeat(3_000), "b".repeat(1_096)];
    expect(read(warningHeaders(long)).map(({ length }) => length)).toEqual([3_008, 1_104]);
    const longer = [...long, "c"];
    expect(read(warningHeaders(longer))).toEqual([
      `299 - "${"é".repeat(256)}"`,
      `299 - "${"b".repeat(256)}"`,
      '299 - "c"',
    ]);
    const many = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(300, "x"));
    expect(warningHeaders(many)).toHaveLength(16);
  });
});

describe("warnings on the wire", () => {
  let door: TestDoor;
  beforeAll(async () => {
    door = await openDoor(ensurePki);
  });
  afterAll(() => door.close());

  const path = "/api/v1/namespaces/ns/configmaps";
  // The registry behind this door passes on what stands twice.
  const body = '{"metadata":{"name":"n"},"data":{"é → 😀":"1","é → 😀":"2"}}';
  const expected = '299 - "duplicate field \\"data.é → 😀\\""';

  test("by HTTP/1.1", async () => {
    const { status, headers } = await door.call({ method: "POST", path, body });
    expect([status, read([String(headers["warning"])])]).toEqual([201, [expected]]);
  });

  test("by HTTP/2", async () => {
    const session = connect(`https://127.0.0.1:${door.server.port}`, {
      ca: door.pki.ca,
      ...door.pki.admin,
    });
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/json",
    });
    stream.end(body.replace('"n"', '"m"'));
    const headers = await new Promise<Record<string, unknown>>((resolve) =>
      stream.once("response", resolve),
    );
    expect(headers[":status"]).toBe(201);
    // Node's client reads headers as UTF-8 here and as single bytes there.
    const got = String(headers["warning"]);
    expect([got, ...read([got])]).toContain(expected);
    session.destroy();
  });
});
