/** The `kubus` command, once a Node runs that understands TypeScript. */
import { pathToFileURL } from "node:url";
import { ensureGenerated } from "../codegen/generate.ts";
import { errorText } from "../tools/error-text.ts";
import { program } from "./program.ts";

/** Runs the command that the arguments name and sets the exit code. */
export async function start(): Promise<void> {
  // `kubus up | head` is no reason for a cluster to die.
  process.stdout.on("error", () => undefined);
  try {
    ensureGenerated();
    await program().parseAsync(process.argv);
  } catch (error) {
    process.stderr.write(`kubus: ${errorText(error)}\n`);
    if (process.env["KUBUS_DEBUG"]) process.stderr.write(`${(error as Error).stack}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await start();
