/** Simulated commands that pass text on. */
import { resolvePath } from "../files/tree.ts";
import { type Command, CommandError, type Process, printTo, splitFlags } from "./process.ts";

const linesDefault = 10;
/** Bytes of a line, and of what a command keeps before it can print. */
const keptBytesMax = 1024 * 1024;

export const echo: Command = async ({ args, stdout }) => {
  const [first = "", ...rest] = args;
  const isFlag = /^-[neE]+$/.test(first);
  const text = (isFlag ? rest : args).join(" ");
  const plain = isFlag && first.includes("e") ? unescaped(text) : text;
  await printTo(stdout, isFlag && first.includes("n") ? plain : `${plain}\n`);
  return 0;
};

/** `%s`, `%d` and escapes; the format is used again while there are words. */
export const printf: Command = async ({ args, stdout }) => {
  const [format = "", ...words] = args;
  let text = "";
  do {
    const before = words.length;
    text += unescaped(format).replaceAll(/%[sd%]/g, (found) =>
      found === "%%" ? "%" : (words.shift() ?? ""),
    );
    if (words.length === before) break;
  } while (words.length > 0);
  await printTo(stdout, text);
  return 0;
};

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\" };
const unescaped = (text: string) =>
  text.replaceAll(/\\([ntr\\])/g, (_, letter: string) => escapes[letter] ?? "");

export const cat: Command = async (process) => {
  const { words } = splitFlags(process.args);
  for await (const chunk of inputOf(process, words)) {
    if (!(await process.stdout(chunk))) return 141;
  }
  return 0;
};

export const tee: Command = async (process) => {
  const { flags, words } = splitFlags(process.args);
  const { files } = process.around;
  const how = flags.has("a") ? "append" : "replace";
  const open = words.map((word) => files.open(resolvePath(process.cwd, word), how));
  for await (const chunk of process.stdin) {
    for (const file of open) files.append(file, chunk);
    await process.stdout(chunk);
  }
  return 0;
};

export const head: Command = async (process) => {
  const { count, words } = countOf(process.args);
  const wanted = Number(count ?? linesDefault);
  let left = wanted;
  for await (const line of linesOf(inputOf(process, words))) {
    if (left <= 0) break;
    left -= 1;
    await process.stdout(line);
  }
  return 0;
};

/** Also `-c +N`, with which `kubectl cp` goes on where it was cut off. */
export const tail: Command = async (process) => {
  const { count, bytes, words } = countOf(process.args);
  if (bytes?.startsWith("+")) return skipBytes(process, words, Number(bytes.slice(1)) - 1);
  const wanted = Number(count ?? linesDefault);
  const kept: Uint8Array[] = [];
  for await (const line of linesOf(inputOf(process, words))) {
    kept.push(line);
    if (kept.length > wanted) kept.shift();
  }
  for (const line of kept) await process.stdout(line);
  return 0;
};

async function skipBytes(
  process: Process,
  words: readonly string[],
  count: number,
): Promise<number> {
  let left = Math.max(0, count);
  for await (const chunk of inputOf(process, words)) {
    const part = chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
    if (part.length > 0 && !(await process.stdout(part))) break;
  }
  return 0;
}

export const wc: Command = async (process) => {
  const { flags, words } = splitFlags(process.args);
  let [lines, count, bytes, isInWord] = [0, 0, 0, false];
  for await (const chunk of inputOf(process, words)) {
    bytes += chunk.length;
    for (const byte of chunk) {
      const isBlank = byte === 10 || byte === 32 || byte === 9 || byte === 13;
      if (byte === 10) lines += 1;
      if (!isBlank && !isInWord) count += 1;
      isInWord = !isBlank;
    }
  }
  const all: readonly [string, number][] = [
    ["l", lines],
    ["w", count],
    ["c", bytes],
  ];
  const shown = all.filter(([flag]) => flags.size === 0 || flags.has(flag));
  const name = words[0] === undefined ? "" : ` ${words[0]}`;
  await printTo(process.stdout, `${shown.map(([, value]) => value).join(" ")}${name}\n`);
  return 0;
};

/** Plain text, not a pattern. */
export const grep: Command = async (process) => {
  const { flags, words } = splitFlags(process.args);
  const [wanted = "", ...files] = words;
  let found = 0;
  for await (const line of linesOf(inputOf(process, files))) {
    const text = Buffer.from(line).toString();
    const isMatch = flags.has("i")
      ? text.toLowerCase().includes(wanted.toLowerCase())
      : text.includes(wanted);
    if (isMatch === flags.has("v")) continue;
    found += 1;
    if (!flags.has("q") && !flags.has("c")) await process.stdout(line);
  }
  if (flags.has("c")) await printTo(process.stdout, `${found}\n`);
  return found > 0 ? 0 : 1;
};

/** `-n 5`, `-n5`, `-5`, `-c +7`, `-c+7`. */
function countOf(args: readonly string[]) {
  const words: string[] = [];
  let [count, bytes]: (string | undefined)[] = [undefined, undefined];
  for (let index = 0; index < args.length; index += 1) {
    const [, letter, digits] = /^-([nc])?(\+?\d*)$/.exec(args[index] ?? "") ?? [];
    if (digits === undefined || args[index] === "-") words.push(args[index] ?? "");
    else {
      const value = digits === "" ? args[(index += 1)] : digits;
      if (letter === "c") bytes = value;
      else count = value;
    }
  }
  return { count, bytes, words };
}

/** The files that are named, one after the other; standard input where none is. */
export async function* inputOf(
  { stdin, around, cwd }: Process,
  words: readonly string[],
): AsyncGenerator<Uint8Array> {
  if (words.length === 0) yield* stdin;
  for (const word of words) {
    if (word === "-") yield* stdin;
    else yield* fileChunks(around.files, resolvePath(cwd, word), word);
  }
}

function fileChunks(files: Process["around"]["files"], path: string, word: string) {
  try {
    return files.file(path).chunks;
  } catch (error) {
    throw new CommandError(`can't open '${word}': ${(error as Error).message}`);
  }
}

/** With their line ends. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
    }
    if (rest.length > keptBytesMax) throw new CommandError("a line is too long");
  }
  if (rest.length > 0) yield rest;
}
