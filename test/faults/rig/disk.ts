/**
 * A disk of its own for a nats-server: an ext4 file system in a file. It loses what was not fsynced
 * when its power fails, it can hang, and it fills up. Needs root and loop devices.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdir, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Bytes that are left to others when the disk is filled up: less than one block of the log. */
const leftBytes = 64 * 1024;
/** EXT4_IOC_SHUTDOWN, and its flag that not even the journal is written out any more. */
const shutdownProgram =
  'open(my $f, "<", $ARGV[0]) or die $!; my $how = pack("L", 2);' +
  " ioctl($f, 0x8004587d, $how) or die $!;";

/** Disks that are mounted: they must not outlive the process, frozen least of all. */
const mounted = new Set<string>();
process.once("exit", () => {
  for (const folder of mounted) {
    for (const [program, ...words] of [
      ["fsfreeze", "-u", folder],
      ["umount", "-l", folder],
    ] as const) {
      try {
        execFileSync(program, words, { stdio: "ignore" });
      } catch {
        // It was not frozen.
      }
    }
  }
});

export class Disk {
  readonly folder: string;
  readonly #image: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#image = `${folder}.img`;
  }

  /** Rejects where no such disk can be had. */
  static async make(folder: string, bytes: number): Promise<Disk> {
    const disk = new Disk(folder);
    await mkdir(folder, { recursive: true });
    await writeFile(disk.#image, "");
    await run("truncate", ["-s", String(bytes), disk.#image]);
    await run("mkfs.ext4", ["-q", "-F", "-m", "0", disk.#image]);
    await disk.#mount();
    return disk;
  }

  /** Why there is none on this machine; undefined when there is one. */
  static async missing(scratch: string): Promise<string | undefined> {
    try {
      const disk = await Disk.make(join(scratch, "probe"), 8 * 1024 * 1024);
      await disk.losePower();
      await disk.remove();
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      return `no disk of one's own without root, loop devices, ext4 and perl (${reason})`;
    }
  }

  /** What was not fsynced is gone. Whoever used the disk must be stopped before, dead after. */
  async cutPower(): Promise<void> {
    await run("perl", ["-e", shutdownProgram, this.folder]);
  }

  /** The disk is there again, with what it kept. */
  async restorePower(): Promise<void> {
    await run("umount", [this.folder]);
    mounted.delete(this.folder);
    await this.#mount();
  }

  async losePower(): Promise<void> {
    await this.cutPower();
    await this.restorePower();
  }

  /** Everything that was written up to now is kept, come what may. */
  async sync(): Promise<void> {
    await run("sync", ["-f", this.folder]);
  }

  /** Every write and fsync waits until {@link thaw}. */
  async freeze(): Promise<void> {
    await run("fsfreeze", ["-f", this.folder]);
  }

  async thaw(): Promise<void> {
    await run("fsfreeze", ["-u", this.folder]).catch(() => undefined);
  }

  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    const bytes = Math.max(0, bavail * bsize - leftBytes);
    await run("fallocate", ["-l", String(bytes), this.#ballast]);
  }

  async free(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  /** Bytes of all that was ever written to it and not given back. */
  async usedBytes(): Promise<number> {
    const { blocks } = await stat(this.#image);
    return blocks * 512;
  }

  async remove(): Promise<void> {
    await this.thaw();
    await run("umount", [this.folder]).catch(() => run("umount", ["-l", this.folder]));
    mounted.delete(this.folder);
    await rm(this.#image, { force: true });
    await rm(this.folder, { recursive: true, force: true });
  }

  get #ballast(): string {
    return join(this.folder, "ballast");
  }

  async #mount(): Promise<void> {
    await run("mount", ["-o", "loop", this.#image, this.folder]);
    mounted.add(this.folder);
  }
}
