/** Reads which mirror of Debian a machine uses, so that other suites can be asked for there. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Path of a keyring, or a key in full; undefined leaves it to apt's own configuration. */
  readonly signedBy: string | undefined;
}

/** Entries of a file in the format of `*.sources` (deb822). */
export function parseStanzas(text: string): AptSource[] {
  const withoutComments = text.split("\n").filter((line) => !line.startsWith("#"));
  return withoutComments
    .join("\n")
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = fieldsOf(stanza);
      const words = (name: string) => (fields.get(name) ?? "").split(/\s+/).filter(Boolean);
      if (fields.get("enabled") === "no" || !words("types").includes("deb")) return [];
      return words("uris").map((uri) => ({
        uri,
        suites: words("suites"),
        components: words("components"),
        signedBy: fields.get("signed-by") || undefined,
      }));
    });
}

/** Field names in lower case; a line that starts with white space continues the one before. */
function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of stanza.split("\n")) {
    if (/^\s/.test(line)) fields.set(name, `${fields.get(name) ?? ""}\n${line}`);
    const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (!match) continue;
    name = (match[1] ?? "").toLowerCase();
    fields.set(name, match[2] ?? "");
  }
  return fields;
}

/** Entries of a file in the format of `sources.list`: one a line. */
export function parseLines(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line.trim());
    if (!match) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1];
    const words = components.split(/\s+/).filter(Boolean);
    return [{ uri, suites: [suite], components: words, signedBy }];
  });
}

/** The source that carries the distribution itself, rather than its updates or somebody else's. */
export function archiveOf(sources: readonly AptSource[], codename: string): AptSource | undefined {
  return sources.find(
    ({ suites, components }) => suites.includes(codename) && components.includes("main"),
  );
}

/** Everything that apt is configured with under a folder, usually /etc/apt. */
export async function readAptSources(folder: string): Promise<AptSource[]> {
  const read = (file: string) => readFile(file, "utf8").catch(() => "");
  const parts = join(folder, "sources.list.d");
  const names = (await readdir(parts).catch(() => [] as string[])).toSorted();
  const files = await Promise.all(
    names.map(async (name) => {
      if (name.endsWith(".sources")) return parseStanzas(await read(join(parts, name)));
      if (name.endsWith(".list")) return parseLines(await read(join(parts, name)));
      return [];
    }),
  );
  return [...parseLines(await read(join(folder, "sources.list"))), ...files.flat()];
}
