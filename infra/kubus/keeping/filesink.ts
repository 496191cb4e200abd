/** Backup files: written beside their place and moved there when they are whole. */
import { constants } from "node:fs";
import { access, open, rename, rm } from "node:fs/promises";
import { errorText } from "../../tools/error-text.ts";
import type { Sink } from "../../../services/store/backup/save.ts";

/**
 * Runs a task that writes a file. The file is there, on the disk, when the task ended well, and
 * nothing is when it did not. Rejects when there is one already, unless it is to be replaced.
 */
export async function writeFileWhole<Result>(
  path: string,
  replaces: boolean,
  task: (sink: Sink) => Promise<Result>,
): Promise<Result> {
  if (!replaces && (await exists(path))) {
    throw new Error(`${path} is there already; choose another name, or replace it with --force`);
  }
  const unfinished = `${path}.unfinished-${process.pid}`;
  // Secrets are in it: for nobody else to read.
  const file = await open(unfinished, "w", 0o600).catch((error: unknown) => {
    throw new Error(`cannot write ${path}: ${errorText(error)}`);
  });
  try {
    let at = 0;
    const result = await task({
      restart: async () => {
        await file.truncate(0);
        at = 0;
      },
      write: async (bytes) => {
        for (let written = 0; written < bytes.length;) {
          const left = bytes.length - written;
          const { bytesWritten } = await file.write(bytes, written, left, at + written);
          written += bytesWritten;
        }
        at += bytes.length;
      },
    });
    await file.sync();
    await file.close();
    await rename(unfinished, path);
    return result;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
