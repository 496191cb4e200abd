/** Simulated commands about files. */
import { packTar, unpackTar } from "../files/tar.ts";
import { type Entry, FileError, partsOf, resolvePath } from "../files/tree.ts";
import { type Command, CommandError, type Process, printTo, splitFlags } from "./process.ts";

export const ls: Command = async (process) => {
  const { flags, words } = splitFlags(process.args);
  const { files } = process.around;
  const places = words.length > 0 ? words : ["."];
  const isLong = flags.has("l");
  let code = 0;
  for (const word of places) {
    try {
      const entry = files.get(resolvePath(process.cwd, word));
      const isListed = entry.type === "folder" && !flags.has("d");
      const entries: [string, Entry][] = isListed ? [...entry.entries] : [[word, entry]];
      const shown = entries
        .filter(([name]) => !isListed || flags.has("a") || flags.has("A") || !name.startsWith("."))
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
      const lines = shown.map(([name, each]) => (isLong ? longLine(name, each) : name));
      if (isListed && places.length > 1) await printTo(process.stdout, `${word}:\n`);
      await printTo(process.stdout, lines.map((line) => `${line}\n`).join(""));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await printTo(process.stderr, `ls: ${word}: ${error.message}\n`);
      code = 1;
    }
  }
  return code;
};

const letters = { folder: "d", file: "-", link: "l" } as const;

function longLine(name: string, entry: Entry): string {
  const bits = [..."rwxrwxrwx"].map((letter, at) => (entry.mode & (0o400 >> at) ? letter : "-"));
  const size = entry.type === "file" ? entry.size : 0;
  const time = new Date(entry.changedAt).toISOString().slice(0, 16).replace("T", " ");
  const target = entry.type === "link" ? ` -> ${entry.target}` : "";
  const kind = letters[entry.type];
  return `${kind}${bits.join("")} 1 root root ${String(size).padStart(9)} ${time} ${name}${target}`;
}

export const mkdir: Command = ({ args, cwd, around: { files } }) => {
  const { flags, words } = splitFlags(args);
  for (const word of words) {
    const path = resolvePath(cwd, word);
    naming(`can't create directory '${word}'`, () =>
      flags.has("p") ? void files.makeFolders(path) : files.makeFolder(path),
    );
  }
  return 0;
};

export const touch: Command = ({ args, cwd, around: { files, world } }) => {
  for (const word of splitFlags(args).words) {
    const path = resolvePath(cwd, word);
    naming(word, () => {
      const entry = files.has(path) ? files.get(path) : files.open(path);
      if (entry.type !== "link") entry.changedAt = world.now();
    });
  }
  return 0;
};

export const rm: Command = ({ args, cwd, around: { files } }) => {
  const { flags, words } = splitFlags(args);
  const isRecursive = flags.has("r") || flags.has("R");
  for (const word of words) {
    const path = resolvePath(cwd, word);
    if (flags.has("f") && !files.has(path)) continue;
    naming(`can't remove '${word}'`, () => {
      if (files.getLink(path).type === "folder" && !isRecursive) throw new FileError("isFolder");
      files.remove(path);
    });
  }
  return 0;
};

export const ln: Command = ({ args, cwd, around: { files } }) => {
  const [target = "", name = ""] = splitFlags(args).words;
  naming(name, () => files.link(resolvePath(cwd, name), target));
  return 0;
};

/** Files only, not folders. */
export const cp: Command = ({ args, cwd, around: { files } }) => {
  const { words } = splitFlags(args);
  const [from = "", to = ""] = words;
  naming(`can't copy '${from}'`, () => {
    const source = files.file(resolvePath(cwd, from));
    const target = files.open(destination({ files, cwd }, from, to));
    for (const chunk of source.chunks) files.append(target, chunk);
    target.mode = source.mode;
  });
  return 0;
};

export const mv: Command = (process) => {
  const [from = ""] = splitFlags(process.args).words;
  const code = cp(process);
  naming(`can't rename '${from}'`, () =>
    process.around.files.remove(resolvePath(process.cwd, from)),
  );
  return code;
};

function destination(
  { files, cwd }: Pick<Process["around"], "files"> & { readonly cwd: string },
  from: string,
  to: string,
): string {
  const path = resolvePath(cwd, to);
  const isFolder = files.has(path) && files.get(path).type === "folder";
  return isFolder ? `${path}/${partsOf(from).at(-1) ?? ""}` : path;
}

/** `test -d x`, `[ -n "$X" ]`, `[ a = b ]`. */
export const test: Command = ({ args, cwd, around: { files } }) => {
  const words = args.at(-1) === "]" ? args.slice(0, -1) : args;
  const [first = "", second, third] = words;
  if (third !== undefined) {
    if (second === "=" || second === "==") return first === third ? 0 : 1;
    if (second === "!=") return first === third ? 1 : 0;
    throw new CommandError(`unknown operator: ${second ?? ""}`, 2);
  }
  if (second === undefined) return first === "" ? 1 : 0;
  const path = resolvePath(cwd, second);
  const type = files.has(path) ? files.get(path).type : undefined;
  const holds: Readonly<Record<string, boolean>> = {
    "-d": type === "folder",
    "-f": type === "file",
    "-e": type !== undefined,
    "-r": type !== undefined,
    "-z": second === "",
    "-n": second !== "",
    "!": second === "",
  };
  return holds[first] === true ? 0 : 1;
};

/** Creates and unpacks archives on standard input and output, or in files. */
export const tar: Command = async (process) => {
  const { modes, archive, folder, words } = tarArguments(process.args);
  const { files } = process.around;
  const start = resolvePath(process.cwd, folder);
  if (modes.has("c")) {
    if (words.length === 0) throw new CommandError("empty archive", 1);
    const target = archive === "-" ? undefined : files.open(resolvePath(process.cwd, archive));
    for (const part of packNamed(process, start, words)) {
      if (target) files.append(target, part);
      else if (!(await process.stdout(part))) return 141;
    }
    return 0;
  }
  if (!modes.has("x")) throw new CommandError("only c and x are understood here", 2);
  if (!files.has(start)) throw new CommandError(`can't change directory to '${folder}'`);
  const stored = archive === "-" ? undefined : files.file(resolvePath(process.cwd, archive));
  await unpackTar(files, start, stored ? eachOf(stored.chunks) : process.stdin);
  return 0;
};

function* packNamed(process: Process, start: string, words: readonly string[]) {
  for (const word of words) {
    const path = resolvePath(start, word);
    if (!process.around.files.has(path)) {
      throw new CommandError(`${word}: No such file or directory`);
    }
  }
  yield* packTar(process.around.files, start, words);
}

async function* eachOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** `cf - x`, `-xmf - -C /tmp`, `-C / -cf - x`; other letters change nothing here. */
function tarArguments(args: readonly string[]) {
  const modes = new Set<string>();
  const words: string[] = [];
  let [archive, folder] = ["-", "."];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    const isFlags = /^-[A-Za-z]/.test(arg) || (index === 0 && /^[A-Za-z]+$/.test(arg));
    if (!isFlags) {
      if (!arg.startsWith("--")) words.push(arg);
      continue;
    }
    for (const letter of arg.replace(/^-/, "")) {
      modes.add(letter);
      if (letter === "f") archive = args[(index += 1)] ?? "-";
      if (letter === "C") folder = args[(index += 1)] ?? ".";
    }
  }
  return { modes, archive, folder, words };
}

/** Puts the name of what failed before the reason, as programs do. */
function naming(what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CommandError(`${what}: ${error.message}`);
  }
}
