import { expect, test } from "vitest";
import type { Version } from "../tools/version.ts";
import { newest } from "./find.ts";

const kubectl = (...version: Version) => ({ path: version.join("."), version });

test.each<[string, Version[], string | undefined]>([
  [
    "the newest wins",
    [
      [1, 32, 4],
      [1, 33, 1],
      [1, 33, 0],
    ],
    "1.33.1",
  ],
  [
    "one that is newer than the server allows does not",
    [
      [1, 37, 0],
      [1, 30, 0],
    ],
    "1.30.0",
  ],
  [
    "one of the server's own version does",
    [
      [1, 36, 4],
      [1, 33, 0],
    ],
    "1.36.4",
  ],
  ["one that is too old is none", [[1, 26, 9]], undefined],
  ["none is none", [], undefined],
])("%s", (_, versions, expected) => {
  expect(newest(versions.map((version) => kubectl(...version)))?.path).toBe(expected);
});
