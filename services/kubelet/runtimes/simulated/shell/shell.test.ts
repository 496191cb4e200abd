/** Simulated shells and commands: what they understand, print and leave behind. */
import { beforeEach, describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { Process } from "../commands/process.ts";
import { runProcess } from "../console.ts";
import { FileTree } from "../files/tree.ts";
import { parseShell, ShellSyntaxError } from "./parse.ts";

let files: FileTree;
const ended: number[] = [];

beforeEach(() => {
  files = new FileTree(() => Date.parse("2026-01-02T03:04:05Z"));
  files.makeFolders("/tmp");
  files.write("/tmp/lines", "one\ntwo\nthree\n");
});

async function* inputOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** Runs a command; both outputs, and the exit code. */
async function run(
  words: readonly string[],
  { input = [], tty = false }: { readonly input?: readonly string[]; readonly tty?: boolean } = {},
) {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const into = (parts: Buffer[]) => (data: Uint8Array) => {
    parts.push(Buffer.from(data));
    return Promise.resolve(true);
  };
  const process: Process = {
    args: [],
    env: { HOME: "/root", GREETING: "hello  world", EMPTY: "" },
    cwd: "/tmp",
    stdin: inputOf(...input),
    stdout: into(out),
    stderr: into(err),
    signal: new AbortController().signal,
    around: {
      world: realWorld,
      hostname: "web",
      files,
      endContainer: (signal) => void ended.push(signal),
      scripted: ([word]) =>
        word === "scripted"
          ? { stdout: "as told\n", stderr: "", exitCode: 7, delayMs: 0 }
          : undefined,
      size: () => ({ width: 120, height: 40 }),
    },
  };
  const code = await runProcess(words, process, tty);
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

const sh = (text: string, ...input: readonly string[]) => run(["sh", "-c", text], { input });

describe("a shell", () => {
  test.each<[string, string, number?]>([
    ["echo a  b", "a b\n"],
    ["echo 'a  b' \"c  d\" e\\ f", "a  b c  d e f\n"],
    ["echo $GREETING", "hello world\n"],
    ['echo "$GREETING" ${HOME}x', "hello  world /rootx\n"],
    ['echo [$EMPTY] "$EMPTY" $NONE.', "[]  .\n"],
    ["A=1; B=$A$A; echo $B", "11\n"],
    ["A=5 printenv A; echo [$A]", "5\n[]\n"],
    ["export C=3; sh -c 'echo $C'", "3\n"],
    ["false; echo $?", "1\n"],
    ["true && echo yes || echo no", "yes\n"],
    ["false && echo yes || echo no", "no\n"],
    ["! false && echo negated", "negated\n"],
    ["exit 3; echo never", "", 3],
    ["echo a; # the rest\necho b", "a\nb\n"],
    ["cat lines | grep t | wc -l", "2\n"],
    ["tail -n 1 lines; head -1 lines", "three\none\n"],
    ["tail -c +5 lines", "two\nthree\n"],
    ["echo x > f; echo y >> f; cat < f", "x\ny\n"],
    ["cat none 2>&1", "cat: can't open 'none': No such file or directory\n", 1],
    ["nope 2>/dev/null; echo $?", "127\n"],
    ["cd /; pwd; ls tmp", "/\nlines\n"],
    ["printf '%s-%s\\n' a b c", "a-b\nc-\n"],
    ["[ -f lines ] && [ -d /tmp ] && test 1 = 1 && echo ok", "ok\n"],
    ["mkdir -p a/b && touch a/b/c && cp lines a/b && ls a/b && rm -r a && ls", "c\nlines\nlines\n"],
    ["ln -s lines link && cat link | head -n 1", "one\n"],
    ["stty size; hostname; id -u", "40 120\nweb\n0\n"],
    ["scripted; echo $?", "as told\n7\n"],
    ["tar cf - lines | tar xf - -C / && cat /lines | wc -c", "14\n"],
    ["which sh cat", "/bin/sh\n/bin/cat\n"],
  ])("%s", async (text, out, code = 0) => {
    expect(await sh(text)).toMatchObject({ out, code });
  });

  test.each([
    ["for x in 1; do echo $x; done", 'simulated shells do not know "for"'],
    ["echo $(date)", "no commands inside of words"],
    ["echo 'open", "unterminated quoted string"],
    ["| cat", "unexpected end of a command"],
    ["sleep 1 &", 'unexpected "&"'],
  ])("does not understand %s", async (text, words) => {
    const { code, err } = await sh(text);
    expect([code, err]).toEqual([2, `sh: syntax error: ${words}\n`]);
  });

  test("reads commands from its input", async () => {
    const input = ["echo one\nec", "ho two\nexit 4\necho never\n"];
    expect(await run(["sh"], { input })).toMatchObject({ out: "one\ntwo\n", code: 4 });
  });

  test("gives its input to commands", async () => {
    expect(await sh("cat", "in")).toMatchObject({ out: "in" });
  });

  test("parses noise of any kind or refuses it", () => {
    const alphabet = "a $\"'\\|&;<>(){}=#\n!2*~`";
    let state = 7;
    for (let turn = 0; turn < 2_000; turn += 1) {
      let text = "";
      for (let index = 0; index < 12; index += 1) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        text += alphabet[state % alphabet.length] ?? "";
      }
      try {
        expect(parseShell(text)).toBeInstanceOf(Array);
      } catch (error) {
        expect(error).toBeInstanceOf(ShellSyntaxError);
      }
    }
  });
});

describe("a terminal", () => {
  test("shows what is typed, and corrects it", async () => {
    const { out, code } = await run(["sh"], { tty: true, input: ["echoo\x7f hi\r\x04"] });
    expect([out, code]).toEqual(["/tmp # echoo\b \b hi\r\nhi\r\n/tmp # ", 0]);
  });

  test("ends with the end of its input", async () => {
    const { out, code } = await run(["sh"], { tty: true, input: ["false\r\x04"] });
    expect([out, code]).toEqual(["/tmp # false\r\n/tmp # ", 1]);
  });

  test("^C ends the command and not the shell", async () => {
    const input = ["sleep 100\r", "\x03", "exit 6\r"];
    const { out, code } = await run(["sh"], { tty: true, input });
    expect(out).toContain("sleep 100\r\n^C\r\n");
    expect(code).toBe(6);
  });
});

test("kill ends the container's own process and no other", async () => {
  expect(await sh("kill -9 1; kill 1")).toMatchObject({ code: 0 });
  expect(ended.splice(0)).toEqual([9, 15]);
  expect(await sh("kill 2")).toMatchObject({ code: 1 });
});
