/** Makes folders, with words for a person when that is not possible. */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorText } from "./error-text.ts";

/**
 * Makes the folder and those above it, for this user alone. Rejects with what stands in the way.
 * Node's own recursive mkdir never ends below `/proc`, where folders cannot be made.
 */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      // Made by somebody else in between, which is as good.
      if (await isFolder(path)) return;
      throw new Error(`${path} is a file: a cluster needs a folder`);
    }
    throw new Error(`cannot make the folder ${path}: ${errorText(error)}`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    // Above this place is a file, which the folder above will tell.
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new Error(`cannot look at ${path}: ${errorText(error)}`);
  });
  return found?.isDirectory() ?? false;
}
