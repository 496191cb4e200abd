import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Disk } from "./disk.ts";

const scratch = await mkdtemp(join(tmpdir(), "kubus-disk-"));
const missing = await Disk.missing(scratch);
if (missing) process.stderr.write(`left out: disks that forget: ${missing}\n`);

afterAll(() => rm(scratch, { recursive: true, force: true }));

describe.runIf(!missing)("a disk", () => {
  let disk: Disk;
  beforeAll(async () => {
    disk = await Disk.make(join(scratch, "disk"), 16 * 1024 * 1024);
  });
  afterAll(() => disk?.remove());

  const at = (name: string) => join(disk.folder, name);

  test("forgets what was not fsynced when its power fails, and nothing else", async () => {
    await writeFile(at("kept"), "kept", { flush: true });
    await writeFile(at("lost"), "lost");
    const file = await open(at("kept"), "a");
    await file.write(", and more");
    await file.close();
    expect(await readFile(at("kept"), "utf8")).toBe("kept, and more");
    await disk.losePower();
    expect(await readFile(at("kept"), "utf8")).toBe("kept");
    expect(await readdir(disk.folder)).not.toContain("lost");
  });

  test("is full, and has space again", async () => {
    const large = Buffer.alloc(1024 * 1024, "x");
    await disk.fill();
    await expect(writeFile(at("large"), large)).rejects.toThrow("ENOSPC");
    await disk.free();
    await writeFile(at("large"), large);
  });

  test("hangs until it is thawed", async () => {
    await disk.freeze();
    let isDone = false;
    const writing = writeFile(at("late"), "late", { flush: true }).then(() => (isDone = true));
    // Whatever does not touch the disk goes on.
    await readdir(scratch);
    expect(isDone).toBe(false);
    await disk.thaw();
    await writing;
  });
});
