/** Ways to install a program, tried one after the other. */
import { errorText } from "./error-text.ts";

export interface Way {
  /** What a person would call it: "Homebrew". */
  readonly name: string;
  /** Path of the installed program; rejects when this way does not work here. */
  readonly install: () => Promise<string>;
}

export interface Installed {
  readonly path: string;
  readonly way: string;
}

/** No way worked; the message says why for each. */
export class NotInstallableError extends Error {
  override readonly name = "NotInstallableError";
}

/** Installs by the first way that works. */
export async function installByFirst(what: string, ways: readonly Way[]): Promise<Installed> {
  const failures: string[] = [];
  for (const { name, install } of ways) {
    try {
      return { path: await install(), way: name };
    } catch (error) {
      failures.push(`  ${name}: ${errorText(error)}`);
    }
  }
  throw new NotInstallableError(`${what} could not be installed:\n${failures.join("\n")}`);
}
