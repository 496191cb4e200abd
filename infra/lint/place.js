/** Where a file stands in the tree, as the other rules ask for it. */
import { basename, relative, resolve, sep } from "node:path";

/** Another tree may be looked at: the rules are tested on one. */
export const root = process.env.KUBUS_LINT_ROOT ?? resolve(import.meta.dirname, "..", "..");

/** `services/store/decide.ts`, whatever the system's separator. */
export const pathOf = (file) => relative(root, file).split(sep).join("/");

/** Path of the file that the rule looks at. */
export const currentPath = (context) => pathOf(context.physicalFilename ?? context.filename);

export const isTest = (path) => path.endsWith(".test.ts") || path.startsWith("test/");

/** decide.ts and machine.ts, and what stands in folders of these names. */
export const isPure = (path) =>
  path.startsWith("services/") &&
  !isTest(path) &&
  (/^(decide|machine)\.ts$/.test(basename(path)) || /\/(decide|machine)\//.test(path));
