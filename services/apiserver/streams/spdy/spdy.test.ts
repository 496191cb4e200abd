/** SPDY/3.1: the dictionary, blocks, frames, and connections over real sockets. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { constants, createDeflate } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { SpdyConnection } from "./connection.ts";
import { dictionary, dictionaryId } from "./dictionary.ts";
import { SpdyClient } from "./fixture.ts";
import {
  dataHead,
  FrameParser,
  goAwayFrame,
  pingFrame,
  resetFrame,
  resets,
  type SpdyFrame,
  synReplyFrame,
  synStreamFrame,
} from "./frames.ts";
import { blockOf, BlockPacker, BlockUnpacker, parseBlock, SpdyProtocolError } from "./headers.ts";
import type { SpdyStream } from "./stream.ts";

/** A generator of numbers below 2^32 from a seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
}

test("the dictionary has the sum that its streams name", () => {
  let [low, high] = [1, 0];
  for (const byte of dictionary) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  expect([dictionary.length, high * 65_536 + low]).toEqual([1_423, dictionaryId]);
});

describe("blocks", () => {
  const headers = new Map([
    ["streamtype", "stdin"],
    ["port", "8080"],
    ["x", "zwei – drei\0vier"],
  ]);

  test("are what was made", () => {
    expect(parseBlock(blockOf(headers))).toEqual(headers);
    expect(parseBlock(blockOf(new Map()))).toEqual(new Map());
  });

  test.each([
    ["no number", Buffer.alloc(3)],
    ["fewer headers than said", Buffer.from([0, 0, 0, 1])],
    ["a name that is cut off", Buffer.from([0, 0, 0, 1, 0, 0, 0, 9, 97])],
    ["an empty name", Buffer.concat([Buffer.from([0, 0, 0, 1]), Buffer.alloc(8)])],
    ["lengths beyond all", Buffer.alloc(64, 0xff)],
    ["a name that comes twice", Buffer.concat([Buffer.from([0, 0, 0, 2]), twice()])],
  ])("%s is refused", (_, block) => {
    expect(() => parseBlock(block)).toThrow(SpdyProtocolError);
  });

  function twice(): Buffer {
    const one = blockOf(new Map([["a", "b"]])).subarray(4);
    return Buffer.concat([one, one]);
  }

  test("are unpacked one after the other, as packed here", async () => {
    const [packer, unpacker] = [new BlockPacker(), new BlockUnpacker()];
    for (let count = 0; count < 5; count += 1) {
      expect(await unpacker.unpack(packer.pack(headers))).toEqual(headers);
    }
    unpacker.close();
  });

  test("are unpacked as zlib packs them", async () => {
    const deflate = createDeflate({ dictionary, level: 9 });
    const unpacker = new BlockUnpacker();
    for (const type of ["error", "stdout", "stderr", "stdin", "resize"]) {
      const parts: Buffer[] = [];
      deflate.on("data", (part: Buffer) => parts.push(part));
      const wanted = new Map([["streamtype", type]]);
      await new Promise<void>((resolve) => {
        deflate.write(blockOf(wanted));
        deflate.flush(constants.Z_SYNC_FLUSH, resolve);
      });
      deflate.removeAllListeners("data");
      expect(await unpacker.unpack(Buffer.concat(parts))).toEqual(wanted);
    }
    unpacker.close();
  });

  test("that grow beyond the bound are refused", async () => {
    const unpacker = new BlockUnpacker();
    const deflate = createDeflate({ dictionary });
    const parts: Buffer[] = [];
    deflate.on("data", (part: Buffer) => parts.push(part));
    await new Promise<void>((resolve) => {
      deflate.write(Buffer.alloc(8 * 1024 * 1024));
      deflate.flush(constants.Z_SYNC_FLUSH, resolve);
    });
    await expect(unpacker.unpack(Buffer.concat(parts))).rejects.toThrow(SpdyProtocolError);
  });

  test("that are no zlib are refused", async () => {
    const unpacker = new BlockUnpacker();
    await expect(unpacker.unpack(Buffer.from("nonsense"))).rejects.toThrow(SpdyProtocolError);
  });
});

describe("frames", () => {
  const packed = Buffer.from("packed");
  const bytes = Buffer.concat([
    synStreamFrame(1, packed),
    synReplyFrame(1, packed),
    dataHead(1, 5, false),
    Buffer.from("hello"),
    dataHead(1, 0, true),
    pingFrame(7),
    resetFrame(3, resets.cancel),
    Buffer.from([0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0]), // settings
    goAwayFrame(3, 0),
  ]);
  const types = ["open", "reply", "data", "data", "ping", "reset", "ignored", "goAway"];

  function parse(size: number): SpdyFrame[] {
    const parser = new FrameParser();
    const frames: SpdyFrame[] = [];
    for (let start = 0; start < bytes.length; start += size) {
      frames.push(...parser.push(bytes.subarray(start, start + size)));
    }
    return frames;
  }

  test("are told apart", () => {
    const frames = parse(bytes.length);
    expect(frames.map(({ type }) => type)).toEqual(types);
    expect(frames[0]).toEqual({ type: "open", stream: 1, packed, fin: false });
    expect(frames[3]).toEqual({ type: "data", stream: 1, data: Buffer.alloc(0), fin: true });
    expect(frames[5]).toEqual({ type: "reset", stream: 3, status: 5 });
  });

  test.each([1, 2, 3, 7, 8, 11, 64])("come whole in pieces of %i bytes", (size) => {
    const frames = parse(size);
    const data = frames.flatMap((frame) => (frame.type === "data" ? [frame.data] : []));
    expect(Buffer.concat(data).toString()).toBe("hello");
    expect(frames.filter(({ type }) => type !== "data").map(({ type }) => type)).toEqual(
      types.filter((type) => type !== "data"),
    );
  });

  test.each([
    ["another version", Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0])],
    ["a control frame that is too long", Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff])],
    ["a stream without a number", Buffer.from([0x80, 3, 0, 1, 0, 0, 0, 2, 0, 0])],
    ["a reset without a status", Buffer.from([0x80, 3, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1])],
  ])("%s is refused", (_, wrong) => {
    expect(() => [...new FrameParser().push(wrong)]).toThrow(SpdyProtocolError);
  });

  test("of chance never do worse than to be refused", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = randomFrom(seed);
      const parser = new FrameParser();
      const noise = Buffer.from(Array.from({ length: 400 }, () => random() >>> 24));
      // Half of them begin like a control frame of this version.
      if (seed % 2 === 0) noise.writeUInt32BE(0x80030000 + (random() % 12), 0);
      try {
        for (const frame of parser.push(noise)) expect(frame.type).toBeTypeOf("string");
      } catch (error) {
        expect(error).toBeInstanceOf(SpdyProtocolError);
      }
    }
  });
});

describe("connections", () => {
  const open: { server: Server; sockets: Socket[] }[] = [];

  afterEach(() => {
    for (const { server, sockets } of open.splice(0)) {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  /** A server's side and a client's. */
  async function pair(onStream: (stream: SpdyStream) => string | undefined) {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [other] = await accepted;
    open.push({ server, sockets: [socket, other] });
    const head = Buffer.alloc(0);
    const connection = new SpdyConnection({ socket: other, head, world: realWorld, onStream });
    return { connection, client: new SpdyClient(socket), socket };
  }

  const echo = (stream: SpdyStream) => {
    void (async () => {
      for await (const data of stream) await stream.write(data);
      stream.end();
    })();
    return undefined;
  };

  test("carry several streams both ways, each with an end of its own", async () => {
    const { client } = await pair(echo);
    const [one, two] = [client.open({ a: "1" }), client.open({ a: "2" })];
    one.write("first ");
    two.write("other", true);
    expect(await two.text()).toBe("other");
    one.write("second", true);
    expect(await one.text()).toBe("first second");
  });

  test("reply to streams and to pings", async () => {
    const { client } = await pair(echo);
    client.ping(99);
    const stream = client.open({ streamtype: "error" });
    stream.write("", true);
    await stream.text();
    expect(client.frames.map(({ type }) => type)).toEqual(["ping", "reply", "data"]);
    expect(client.frames[0]).toEqual({ type: "ping", id: 99 });
  });

  test("cut off a stream that is not wanted", async () => {
    const { client } = await pair(() => "not this one");
    await expect(client.open({}).text()).rejects.toThrow("reset");
  });

  test("tell of a stream that the client cuts off", async () => {
    const cut = new Promise<void>((resolve) => {
      void pair((stream) => {
        stream.signal.addEventListener("abort", () => resolve());
        return undefined;
      }).then(({ client }) => client.open({}).reset());
    });
    await cut;
  });

  test("end when everything has been read", async () => {
    const { connection, client, socket } = await pair((stream) => {
      void stream.write(Buffer.alloc(300_000, "x"));
      return undefined;
    });
    const stream = client.open({});
    const reply = once(socket, "data");
    await reply;
    const ended = connection.end();
    expect(await stream.text()).toHaveLength(300_000);
    socket.end();
    await ended;
    expect(connection.signal.aborted).toBe(true);
  });

  test("receive no more than a bound that nobody reads", async () => {
    const { client, socket } = await pair(() => undefined);
    const stream = client.open({});
    const piece = Buffer.alloc(60_000);
    let sent = 0;
    // Everything in between holds some; a connection without a bound would take it all.
    while (socket.writableLength < 4_000_000 && sent < 64_000_000) {
      stream.write(piece);
      sent += piece.length;
      await realWorld.sleep(0);
    }
    expect(sent).toBeLessThan(64_000_000);
  });

  test.each([
    ["an even number", (socket: Socket) => socket.write(synStreamFrame(2, Buffer.alloc(0)))],
    ["data for no stream", (socket: Socket) => socket.write(dataHead(9, 0, true))],
    ["nonsense", (socket: Socket) => socket.write(Buffer.alloc(64, 0xee))],
  ])("%s ends them", async (_, send) => {
    const { connection, socket } = await pair(echo);
    send(socket);
    if (!connection.signal.aborted) await once(connection.signal, "abort");
  });
});
