/** `kubus store import`: makes exported objects again, through the API server. */
import { readAccess, runningCluster, type WhichCluster } from "../../access.ts";
import { Importer } from "../../keeping/importer.ts";
import { readObjects } from "../../keeping/objectfile.ts";

export interface ImportOptions extends WhichCluster {
  readonly replace?: boolean;
  readonly dryRun?: boolean;
}

/** Sets the exit code to 1 when an object could not be made. */
export async function importObjects(file: string, options: ImportOptions): Promise<void> {
  const { folder, record } = await runningCluster(options);
  const access = await readAccess(folder, record);
  const { replace: replaces = false, dryRun = false } = options;
  const importer = new Importer(access, { replaces, dryRun });
  try {
    // Owners have to be there, under their new uids, before what they own.
    for (const pass of ["unowned", "owned"] as const) {
      for await (const object of readObjects(file)) {
        const told = await importer.take(object, pass);
        if (told !== undefined) process.stdout.write(`${told}\n`);
      }
    }
  } finally {
    importer.close();
  }
  process.stderr.write(`${importer.summary}\n`);
  if (importer.failed > 0) process.exitCode = 1;
}
