/** The rules of the tree, each a pure function of one file or of all. What needs a syntax tree is
 * in infra/lint. */
import { basename, dirname, join, normalize } from "node:path/posix";

export interface SourceFile {
  /** From the top of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const topLevel = new Set([
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "README.md",
  "LICENSE",
  "services",
  "proto",
  "libs",
  "infra",
  "test",
]);

const columnsMax = 100;
const linesMax = 400;
const linesMaxByName: Readonly<Record<string, number>> = { "machine.ts": 300, "main.ts": 60 };
const readmeLinesMax = 60;

const bannedWords = new Set([
  ...["util", "utils", "common", "helper", "helpers"],
  ...["manager", "managers", "base", "misc", "types"],
]);
const isBanned = (word: string) => bannedWords.has(word);

const isCode = (path: string) => /\.(ts|js|mjs)$/.test(path);
const isTestdata = (path: string) => path.includes("/testdata/");
const lineCount = (text: string) => text.replace(/\n$/, "").split("\n").length;

/** Written in parts, so that this file does not break its own rules. */
const marks = new RegExp(`\\b(${["FIX", "TO"].join("ME|")}DO|X{3})\\b`);
const addresses = [
  ["registry", "npmjs", "org"],
  ["deb", "debian", "org"],
  ["security", "debian", "org"],
  ["snapshot", "debian", "org"],
  ["proxy", "golang", "org"],
  ["sum", "golang", "org"],
  ["pypi", "org"],
  ["static", "crates", "io"],
  ["packages", "cloud", "google", "com"],
].map((parts) => parts.join("."));

type FileRule = (file: SourceFile) => string[];

const at = (path: string, line: number, text: string) => `${path}:${line + 1} ${text}`;

/** One message for each line that the test holds for. */
function onLines({ path, text }: SourceFile, test: (line: string) => string | undefined): string[] {
  return text.split("\n").flatMap((line, index) => {
    const message = test(line);
    return message === undefined ? [] : [at(path, index, message)];
  });
}

const topLevelOnly: FileRule = ({ path }) => {
  const [top = ""] = path.split("/");
  return topLevel.has(top) || top.startsWith(".") ? [] : [`${path}: nothing else at the top level`];
};

const namesSaySomething: FileRule = ({ path }) =>
  path
    .split("/")
    .flatMap((part) => part.replace(/\.[^/]*$/, "").split("-"))
    .filter(isBanned)
    .map((word) => `${path}: "${word}" says nothing`);

const typeNamesSaySomething: FileRule = (file) => {
  if (!file.path.endsWith(".ts")) return [];
  return onLines(file, (line) => {
    const name = /^\s*(?:export\s+)?(?:abstract\s+)?(?:class|interface|type)\s+(\w+)/.exec(
      line,
    )?.[1];
    const says =
      name === undefined || !(isBanned(name.toLowerCase()) || /(Helper|Util)s?$/.test(name));
    return says ? undefined : `the type name ${name} says nothing`;
  });
};

const linesFit: FileRule = (file) => {
  if (!isCode(file.path) && !file.path.endsWith(".proto")) return [];
  return onLines(file, (line) =>
    Array.from(line).length > columnsMax ? `has more than ${columnsMax} columns` : undefined,
  );
};

const filesFit: FileRule = ({ path, text }) => {
  if (!isCode(path)) return [];
  const max = linesMaxByName[basename(path)] ?? linesMax;
  const lines = lineCount(text);
  return lines > max ? [`${path}: ${lines} lines, ${max} are the most`] : [];
};

const readmesFit: FileRule = ({ path, text }) => {
  if (!/^services\/.*README\.md$/.test(path)) return [];
  const lines = lineCount(text);
  return lines > readmeLinesMax ? [`${path}: ${lines} lines, ${readmeLinesMax} are the most`] : [];
};

const nothingLeftToDo: FileRule = (file) =>
  onLines(file, (line) => (marks.test(line) ? "says that something is left to do" : undefined));

const everyTestRuns: FileRule = (file) => {
  if (!file.path.endsWith(".test.ts")) return [];
  return onLines(file, (line) =>
    /\b(test|it|describe)(\.\w+)*\.(only|skip|todo)\b/.test(line) ? "leaves tests out" : undefined,
  );
};

const noAddresses: FileRule = (file) =>
  onLines(file, (line) => {
    const found = addresses.find((address) => line.includes(address));
    return found === undefined ? undefined : `names ${found}: use what the machine is set up with`;
  });

const lockNamesNoRegistry: FileRule = (file) => {
  if (basename(file.path) !== "package-lock.json") return [];
  return onLines(file, (line) => (line.includes('"resolved"') ? "names a registry" : undefined));
};

const decisionsAreNumbered: FileRule = ({ path }) => {
  const isDecision = path.startsWith("infra/decisions/");
  return isDecision && !/^\d{4}-[a-z0-9-]+\.md$/.test(basename(path))
    ? [`${path}: a decision is called NNNN-title.md`]
    : [];
};

/** Every rule about a single file, by what it demands. */
export const fileRules: Readonly<Record<string, FileRule>> = {
  "the top level holds what it always held": topLevelOnly,
  "file names say something": namesSaySomething,
  "type names say something": typeNamesSaySomething,
  "lines fit": linesFit,
  "files fit": filesFit,
  "the readmes of services fit": readmesFit,
  "nothing is left to do": nothingLeftToDo,
  "every test runs": everyTestRuns,
  "no file names a package registry or mirror": noAddresses,
  "the lock file names no registry": lockNamesNoRegistry,
  "decisions are numbered": decisionsAreNumbered,
};

/** Recorded data is as it was recorded. */
export const check = (rule: FileRule, files: readonly SourceFile[]): string[] =>
  files.filter(({ path }) => !isTestdata(path)).flatMap((file) => rule(file));

/** Programs and what tools load by themselves: nobody imports them. */
const isEntry = (path: string) =>
  path.endsWith(".test.ts") ||
  basename(path) === "main.ts" ||
  path.startsWith("test/bench/") ||
  path.startsWith("infra/kubus/bin/") ||
  /^infra\/images\/[^/]+\.mjs$/.test(path) ||
  /^infra\/(test\/vitest\.config\.ts|lint\/plugin\.js)$/.test(path);

const importPattern = /(?:from|import|import\()\s*"([^"]+)"|new URL\("([^"]+)", import\.meta/g;

/** Files of code that nothing reaches. */
export function orphans(files: readonly SourceFile[]): string[] {
  const code = files.filter(({ path }) => isCode(path) && !isTestdata(path));
  const imported = new Set(code.flatMap(importsOf));
  return code.map(({ path }) => path).filter((path) => !isEntry(path) && !imported.has(path));
}

function importsOf({ path, text }: SourceFile): string[] {
  return [...text.matchAll(importPattern)].map(([, imported, url]) => {
    const source = imported ?? url ?? "";
    if (source.startsWith("#")) return source.slice(1);
    return normalize(join(dirname(path), source));
  });
}

/** Services that lack what every service has. */
export function unfurnished(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const services = new Set(
    [...paths].flatMap((path) => /^services\/([^/]+)\//.exec(path)?.[1] ?? []),
  );
  return [...services].flatMap((service) =>
    ["README.md", "main.ts"]
      .map((room) => `services/${service}/${room}`)
      .filter((room) => !paths.has(room)),
  );
}
