/** Values that share the bytes of a message, and when they move out. */
import { describe, expect, test } from "vitest";
import { Slabs } from "./slabs.ts";
import type { Version } from "./versions.ts";

const versionOf = (value: Uint8Array | undefined): Version => ({
  revision: 1,
  createRevision: 1,
  value,
  slab: undefined,
  partition: "_",
  confidential: false,
  expiresAtMs: 0,
  previous: undefined,
});

/** A message of so many values, each of 1,000 bytes that are its index. */
function messageOf(slabs: Slabs, count: number) {
  const message = new Uint8Array(count * 1_000).map((_, at) => Math.floor(at / 1_000));
  const versions = Array.from({ length: count }, (_, index) =>
    versionOf(message.subarray(index * 1_000, (index + 1) * 1_000)),
  );
  for (const version of versions) slabs.hold(version);
  return { message, versions };
}

const areShared = (versions: readonly Version[]) =>
  versions.map(({ value, slab }) => slab !== undefined && value?.buffer === slab.buffer);

describe("a message of ten values", () => {
  test("is shared while half of it is in use, then everybody moves out", () => {
    const slabs = new Slabs();
    const { message, versions } = messageOf(slabs, 10);
    messageOf(slabs, 2);
    for (const version of versions.slice(0, 5)) slabs.release(version);
    expect(areShared(versions.slice(5))).toEqual([true, true, true, true, true]);

    slabs.release(versions[5] as Version);
    const left = versions.slice(6);
    expect(areShared(left)).toEqual([false, false, false, false]);
    for (const [index, { value }] of left.entries()) {
      expect(value?.buffer).not.toBe(message.buffer);
      expect(value).toEqual(new Uint8Array(1_000).fill(6 + index));
    }
    for (const version of left) slabs.release(version);
  });

  test("that is released as it comes goes when the next message comes", () => {
    const slabs = new Slabs();
    const { versions } = messageOf(slabs, 10);
    for (const version of versions.slice(0, 9)) slabs.release(version);
    expect(areShared(versions.slice(9))).toEqual([true]);
    messageOf(slabs, 2);
    expect(areShared(versions.slice(9))).toEqual([false]);
  });
});

test.each<[string, Uint8Array | undefined]>([
  ["a tombstone", undefined],
  ["a value by itself", new Uint8Array(100)],
  ["a value in a little more", new Uint8Array(600).subarray(50, 200)],
])("%s has no slab", (_, value) => {
  const slabs = new Slabs();
  const version = versionOf(value);
  slabs.hold(version);
  slabs.release(version);
  expect([version.slab, version.value]).toEqual([undefined, value]);
});

test("a small value in a large message moves out at once", () => {
  const slabs = new Slabs();
  const version = versionOf(new Uint8Array(10_000).subarray(0, 100));
  slabs.hold(version);
  messageOf(slabs, 2);
  expect([version.slab, version.value?.buffer.byteLength]).toEqual([undefined, 100]);
});
