/** What is decided about streams without any: protocols, messages, sizes, statuses, options. */
import { describe, expect, test } from "vitest";
import { NodeRefusal } from "./node.ts";
import { commandOptions, forwardedPorts, portNumber, requireStreams } from "./options.ts";
import {
  commandChannels,
  commandStreams,
  forwardChannels,
  forwardStreams,
  tokensOf,
} from "./protocols.ts";
import { SizeReader } from "./sizes.ts";
import { endedStatus, statusBytes } from "./status.ts";
import { type ChannelMessage, readMessage, writeMessage } from "./websocket/channels.ts";

describe("protocols", () => {
  test.each([
    [["v5.channel.k8s.io", "v4.channel.k8s.io"], "v5.channel.k8s.io"],
    [["v4.channel.k8s.io", "v5.channel.k8s.io"], "v4.channel.k8s.io"],
    [["v9.channel.k8s.io", "base64.channel.k8s.io"], "base64.channel.k8s.io"],
    [[], ""],
    [["chat"], undefined],
  ])("channels of %j are %s", (offered, expected) => {
    expect(commandChannels(offered)?.name).toBe(expected);
  });

  test.each([
    [["v5.channel.k8s.io", "v4.channel.k8s.io"], "v5.channel.k8s.io"],
    [["v3.channel.k8s.io"], "v3.channel.k8s.io"],
    [[], ""],
    [["v7.channel.k8s.io"], undefined],
  ])("streams of %j are %s", (offered, expected) => {
    expect(commandStreams(offered)?.name).toBe(expected);
  });

  test("of forwarded ports", () => {
    expect(forwardChannels(["v5.channel.k8s.io", "v4.channel.k8s.io"])?.name).toBe(
      "v4.channel.k8s.io",
    );
    expect(forwardStreams(["portforward.k8s.io"])).toBe("portforward.k8s.io");
    expect(forwardStreams([])).toBe("");
    expect(forwardStreams(["other"])).toBeUndefined();
  });

  test("stand in one header or in several", () => {
    expect(tokensOf(["a, b", "c"])).toEqual(["a", "b", "c"]);
  });
});

describe("messages", () => {
  const plain = commandChannels(["v4.channel.k8s.io"]);
  const closing = commandChannels(["v5.channel.k8s.io"]);
  const base64 = commandChannels(["v4.base64.channel.k8s.io"]);

  test.each<[string, typeof plain, Buffer, ChannelMessage]>([
    ["data", plain, Buffer.from([0, 104, 105]), data(0, "hi")],
    ["data in base64", base64, Buffer.from("4aGk="), data(4, "hi")],
    ["an end", closing, Buffer.from([255, 0]), { type: "closed", channel: 0 }],
    ["an end of nothing", closing, Buffer.from([255]), { type: "ignored" }],
    ["255 is no end in v4", plain, Buffer.from([255, 0]), data(255, "\0")],
    ["nothing", plain, Buffer.alloc(0), { type: "ignored" }],
  ])("%s", (_, protocol, bytes, expected) => {
    const message = readMessage(protocol as NonNullable<typeof plain>, bytes);
    const shown = message.type === "data" ? data(message.channel, textOf(message)) : message;
    expect(shown).toEqual(expected);
  });

  test("are written as they are read", () => {
    for (const protocol of [plain, base64]) {
      if (!protocol) throw new Error("no such protocol");
      const written = Buffer.from(writeMessage(protocol, 2, Buffer.from("err")));
      expect(readMessage(protocol, written)).toMatchObject({ type: "data", channel: 2 });
    }
  });

  function data(channel: number, text: string): ChannelMessage {
    return { type: "data", channel, data: Buffer.from(text) };
  }

  const textOf = ({ data: bytes }: { readonly data: Uint8Array }) => Buffer.from(bytes).toString();
});

test.each([
  [['{"Width":80,"Height":24}\n'], [[80, 24]]],
  [
    ['{"Width":1,', '"Height":2}{"Width":3,"Height":4}'],
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [["garbage }", '{"Width":-1,"Height":2}', '{"Width":1,"Height":2}'], [[1, 2]]],
  [["}".repeat(2_000), "x".repeat(5_000), '{"Width":5,"Height":6}'], [[5, 6]]],
])("sizes in %j", (pieces, expected) => {
  const reader = new SizeReader();
  const sizes = pieces.flatMap((piece) => reader.push(Buffer.from(piece)));
  expect(sizes.map(({ width, height }) => [width, height])).toEqual(expected);
});

describe("the error channel", () => {
  const ending = { exitCode: 0, message: "", reset: false, lost: false };
  test.each<[string, object, string]>([
    ["success", {}, '{"metadata":{},"status":"Success"}'],
    [
      "an exit code",
      { exitCode: 2 },
      '{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: ' +
        'error executing command [ls x], exit code 2","reason":"NonZeroExitCode",' +
        '"details":{"causes":[{"reason":"ExitCode","message":"2"}]}}',
    ],
  ])("tells %s", (_, more, expected) => {
    const status = endedStatus({ ...ending, ...more }, ["ls", "x"]);
    expect(statusBytes(status, true)?.toString()).toBe(expected);
  });

  test("tells failures alone, in words, before v4", () => {
    expect(statusBytes(endedStatus(ending, []), false)).toBeUndefined();
    const failed = endedStatus({ ...ending, message: "no" }, []);
    expect(statusBytes(failed, false)?.toString()).toBe("Internal error occurred: no");
  });
});

describe("options", () => {
  const of = (query: string) => commandOptions(new URLSearchParams(query));

  test("are read from the query", () => {
    expect(of("command=a&command=b%20c&stdin=true&stdout=1&stderr=false&container=x")).toEqual({
      container: "x",
      command: ["a", "b c"],
      stdin: true,
      stdout: true,
      stderr: false,
      tty: false,
    });
  });

  test("of a terminal have one output", () => {
    expect(of("tty=true&stderr=true&stdout=true")).toMatchObject({ stderr: false, tty: true });
  });

  test("without streams are refused", () => {
    expect(() => requireStreams(of("command=x"))).toThrow(
      "you must specify at least 1 of stdin, stdout, stderr",
    );
  });

  test("of ports", () => {
    expect(forwardedPorts(new URLSearchParams("ports=80&ports=443,444"))).toEqual([80, 443, 444]);
    expect(() => forwardedPorts(new URLSearchParams(""))).toThrow("is required");
  });

  test.each([
    ["0", 'port "0" must be > 0'],
    ["x", 'unable to parse "x" as a port: strconv.ParseUint: parsing "x": invalid syntax'],
    ["70000", 'unable to parse "70000" as a port: strconv.ParseUint: parsing "70000": value'],
    ["", "cannot be empty"],
  ])("%j is no port", (text, message) => {
    expect(() => portNumber(text)).toThrow(NodeRefusal);
    expect(() => portNumber(text)).toThrow(message);
  });
});
