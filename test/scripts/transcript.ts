/**
 * Transcripts: files of commands of kubectl with all that they print. Pure: reading, writing and
 * comparing. A file is a list of blocks:
 *
 *     $ create -f -            the words after kubectl, for the shell
 *     | kind: ConfigMap        standard input, if any
 *     ----
 *     configmap/a created      output and errors together, without what differs every time
 *     exit 0
 *
 * Lines that start with # are remarks, except `# wait 20 get pod a`, which asks until the command
 * succeeds, at most 20 seconds, and `# file a.yaml`, which writes the | lines that follow.
 */

interface Remark {
  readonly type: "remark";
  readonly text: string;
}

interface Command {
  readonly type: "command";
  readonly line: string;
  readonly words: string;
  readonly input: readonly string[];
  /** Undefined: it was never played. */
  readonly output: readonly string[] | undefined;
}

interface Wait {
  readonly type: "wait";
  readonly line: string;
  readonly words: string;
  readonly input: readonly string[];
  readonly secondsMax: number;
}

interface NewFile {
  readonly type: "file";
  readonly line: string;
  readonly path: string;
  readonly input: readonly string[];
}

export type Block = Remark | Command | Wait | NewFile;

const commandMark = "$ ";
const waitMark = /^# wait (\d+) (.+)$/;
const fileMark = /^# file (\S+)$/;
const inputMark = /^\|( |$)/;
const outputMark = "----";
const endMark = /^exit \d+$/;

/** Throws when output does not end with the exit code. */
export function readTranscript(text: string): Block[] {
  const lines = text.replace(/\n+$/, "").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  const takeInput = () => {
    const from = at;
    while (inputMark.test(lines[at] ?? "")) at += 1;
    return lines.slice(from, at).map((line) => line.slice(2));
  };
  while (at < lines.length) {
    const line = lines[at++] ?? "";
    const [, seconds, asked = ""] = waitMark.exec(line) ?? [];
    const [, path] = fileMark.exec(line) ?? [];
    if (seconds !== undefined) {
      const secondsMax = Number(seconds);
      blocks.push({ type: "wait", line, words: asked, input: takeInput(), secondsMax });
    } else if (path !== undefined) {
      blocks.push({ type: "file", line, path, input: takeInput() });
    } else if (line.startsWith(commandMark)) {
      const input = takeInput();
      const words = line.slice(commandMark.length);
      if (lines[at] !== outputMark) {
        blocks.push({ type: "command", line, words, input, output: undefined });
        continue;
      }
      const end = lines.findIndex((each, index) => index > at && endMark.test(each));
      if (end < 0) throw new Error(`no exit code after: ${line}`);
      const output = lines.slice(at + 1, end + 1);
      blocks.push({ type: "command", line, words, input, output });
      at = end + 1;
    } else {
      blocks.push({ type: "remark", text: line });
    }
  }
  return blocks;
}

export function writeTranscript(blocks: readonly Block[]): string {
  const texts = blocks.map((block) => {
    if (block.type === "remark") return block.text;
    const lines = [block.line, ...block.input.map((line) => `| ${line}`.trimEnd())];
    const isPlayed = block.type === "command" && block.output !== undefined;
    return [...lines, ...(isPlayed ? [outputMark, ...(block.output ?? [])] : [])].join("\n");
  });
  return `${texts.join("\n")}\n`;
}

/**
 * Names each block by its file and its line; a line that comes again gets a number. So a list of
 * blocks stays true when others are added.
 */
export function namesOf(file: string, blocks: readonly Block[]): string[] {
  const seen = new Map<string, number>();
  return blocks.map((block) => {
    if (block.type === "remark") return "";
    const times = (seen.get(block.line) ?? 0) + 1;
    seen.set(block.line, times);
    return `${file}: ${block.line}${times > 1 ? ` (${times})` : ""}`;
  });
}

/** Lines that are only in one of two texts, marked with - and +; none when they are the same. */
export function differences(wanted: readonly string[], found: readonly string[]): string[] {
  const rows = wanted.length;
  const columns = found.length;
  /** Length of the longest common sequence of what follows. */
  const common = new Uint16Array((rows + 1) * (columns + 1));
  const place = (row: number, column: number) => row * (columns + 1) + column;
  const commonAt = (row: number, column: number) => common[place(row, column)] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      common[place(row, column)] =
        wanted[row] === found[column]
          ? commonAt(row + 1, column + 1) + 1
          : Math.max(commonAt(row + 1, column), commonAt(row, column + 1));
    }
  }
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    if (row < rows && column < columns && wanted[row] === found[column]) {
      row += 1;
      column += 1;
      continue;
    }
    const isMissing =
      column >= columns || (row < rows && commonAt(row + 1, column) >= commonAt(row, column + 1));
    lines.push(isMissing ? `- ${wanted[row++]}` : `+ ${found[column++]}`);
  }
  return lines;
}
