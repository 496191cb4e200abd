import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pauseArchive, pauseProgram } from "./pause.ts";
import { tarOf } from "./tar.ts";

const native = { x64: "x86_64", arm64: "aarch64" }[arch() as string];

test(
  "the program waits until it is ended",
  { skip: !native || process.platform !== "linux" },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "kubus-pause-"));
    const file = join(folder, "pause");
    await writeFile(file, pauseProgram(native ?? ""), { mode: 0o755 });
    const child = spawn(file);
    await once(child, "spawn");
    // It sleeps in the kernel: a program that failed would have ended, one that loops would run.
    const state = async () => {
      const text = await readFile(`/proc/${child.pid}/stat`, "utf8");
      return text.split(") ")[1]?.[0];
    };
    while ((await state()) === "R") await new Promise(setImmediate);
    expect(await state()).toBe("S");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([null, "SIGTERM"]);
    await rm(folder, { recursive: true });
  },
);

test("the ARM program jumps to where it means to", () => {
  const code = pauseProgram("arm64").subarray(64 + 56);
  const at = (word: number) => code.readUInt32LE(word * 4);
  // adr x1: so many bytes ahead is the structure whose first byte is 1.
  const ahead = ((at(1) >> 5) & 0x7ffff) * 4 + ((at(1) >> 29) & 3);
  const action = code.subarray(4 + ahead);
  expect(action).toHaveLength(32);
  expect([...action]).toEqual([1, ...Array.from({ length: 31 }, () => 0)]);
  // The last instruction leads back to the one after the first system call.
  const last = (code.length - 32) / 4 - 1;
  const back = at(last) | 0xfc000000 | 0;
  expect(at(last) >>> 26).toBe(0b000101);
  expect(at(last + ((back << 6) >> 6) - 1)).toBe(0xd4000001);
});

test("no program for what nobody asked for", () => {
  expect(() => pauseProgram("s390x")).toThrow("no pause program for s390x");
});

test("the archive is one that tar reads", async () => {
  const archive = tarOf([
    { path: "bin", mode: 0o755 },
    { path: "bin/run", mode: 0o755, data: Buffer.from("x".repeat(600)) },
    { path: "run", mode: 0o777, link: "bin/run" },
  ]);
  const child = spawn("tar", ["tv"]);
  child.stdin.end(archive);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, "close")) as [number];
  const lines = Buffer.concat(chunks).toString().trim().split("\n");
  expect(code).toBe(0);
  expect(
    lines.map((line) => line.replace(/ +0\/0 +/, " ").replace(/\d{4}-\d\d-\d\d \S+ /, "")),
  ).toEqual(["drwxr-xr-x 0 bin/", "-rwxr-xr-x 600 bin/run", "lrwxrwxrwx 0 run -> bin/run"]);
  expect(pauseArchive("x86_64").length % 512).toBe(0);
});

test("a name that does not fit is refused", () => {
  expect(() => tarOf([{ path: "a".repeat(101), mode: 0o644, data: Buffer.alloc(0) }])).toThrow(
    "too long for tar",
  );
});
