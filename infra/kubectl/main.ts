/** `node infra/kubectl/main.ts`: makes sure that tests have a kubectl and says which. */
import { errorText } from "../tools/error-text.ts";
import { versionText } from "../tools/version.ts";
import { ensureKubectl } from "./find.ts";

try {
  const { path, version } = await ensureKubectl(process.env);
  process.stdout.write(`kubectl ${versionText(version)}: ${path}\n`);
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
}
