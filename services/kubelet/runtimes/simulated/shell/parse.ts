/** The language of simulated shells: commands, pipes, redirections, variables, quotes. Pure. */

/** A piece of a word: text as it is, or the value of a variable. */
export type Piece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "variable"; readonly name: string; readonly isQuoted: boolean };
export type Word = readonly Piece[];

export interface Redirect {
  readonly from: "stdin" | "stdout" | "stderr";
  readonly how: "read" | "replace" | "append" | "toStdout" | "toStderr";
  readonly target: Word;
}

export interface Simple {
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

/** Commands joined by pipes; `when`: what must have become of the one before. */
export interface Step {
  readonly when: "always" | "succeeded" | "failed";
  readonly isNegated: boolean;
  readonly pipeline: readonly Simple[];
}

/** What these shells do not understand, or nobody does. */
export class ShellSyntaxError extends Error {
  override readonly name = "ShellSyntaxError";
}

type Token =
  | { readonly type: "word"; readonly word: Word; readonly plain: string | undefined }
  | { readonly type: "operator"; readonly text: string };

const operators = ["&&", "||", ";", "|", "\n", "&", "(", ")"];
const redirections: readonly [text: string, from: Redirect["from"], how: Redirect["how"]][] = [
  ["2>&1", "stderr", "toStdout"],
  ["1>&2", "stdout", "toStderr"],
  [">&2", "stdout", "toStderr"],
  ["2>>", "stderr", "append"],
  ["2>", "stderr", "replace"],
  ["1>", "stdout", "replace"],
  [">>", "stdout", "append"],
  [">", "stdout", "replace"],
  ["<", "stdin", "read"],
];
const textMax = 64 * 1024;
const unknownWords = new Set(
  "if then else elif fi for while until do done case esac function select { }".split(" "),
);

/** Throws ShellSyntaxError. */
export function parseShell(text: string): Step[] {
  if (text.length > textMax) throw new ShellSyntaxError("the command is too long");
  const tokens = tokensOf(text);
  const steps: Step[] = [];
  let when: Step["when"] = "always";
  let simples: Simple[] = [];
  let current = emptySimple();
  let isNegated = false;
  const endSimple = () => {
    if (isEmpty(current)) throw new ShellSyntaxError("syntax error: unexpected end of a command");
    simples.push(current);
    current = emptySimple();
  };
  const endStep = (isOptional: boolean) => {
    if (isOptional && simples.length === 0 && isEmpty(current)) return;
    endSimple();
    steps.push({ when, isNegated, pipeline: simples });
    [simples, isNegated] = [[], false];
  };
  for (const token of tokens) {
    if (token.type === "word") {
      const isFirst = isEmpty(current) && simples.length === 0;
      if (token.plain === "!" && isFirst) isNegated = true;
      else addWord(current, token);
    } else if (token.text === "|") endSimple();
    else if (token.text === ";" || token.text === "\n") {
      endStep(true);
      when = "always";
    } else if (token.text === "&&" || token.text === "||") {
      endStep(false);
      when = token.text === "&&" ? "succeeded" : "failed";
    } else addRedirect(current, token.text);
  }
  endStep(when === "always");
  return steps;
}

interface Building {
  assignments: { name: string; value: Word }[];
  words: Word[];
  redirects: Redirect[];
  /** A redirection whose target comes next. */
  pending: Redirect | undefined;
}

const emptySimple = (): Building => ({
  assignments: [],
  words: [],
  redirects: [],
  pending: undefined,
});

const isEmpty = ({ assignments, words, redirects }: Building): boolean =>
  assignments.length + words.length + redirects.length === 0;

function addWord(current: Building, { word, plain }: Extract<Token, { type: "word" }>): void {
  if (current.pending) {
    current.redirects.push({ ...current.pending, target: word });
    current.pending = undefined;
    return;
  }
  if (current.words.length === 0) {
    if (plain !== undefined && unknownWords.has(plain)) {
      throw new ShellSyntaxError(`syntax error: simulated shells do not know "${plain}"`);
    }
    const [first] = word;
    const [, name, rest] =
      first?.type === "text" ? (/^([A-Za-z_]\w*)=(.*)$/s.exec(first.text) ?? []) : [];
    if (name !== undefined) {
      const value: Word = [{ type: "text", text: rest ?? "" }, ...word.slice(1)];
      current.assignments.push({ name, value });
      return;
    }
  }
  current.words.push(word);
}

function addRedirect(current: Building, text: string): void {
  const found = redirections.find(([operator]) => operator === text);
  if (!found) throw new ShellSyntaxError(`syntax error: unexpected "${text}"`);
  const [, from, how] = found;
  const isWhole = how === "toStdout" || how === "toStderr";
  if (isWhole) current.redirects.push({ from, how, target: [] });
  else current.pending = { from, how, target: [] };
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const [blank = ""] = /^(?:[ \t\r]|\\\n)+/.exec(rest) ?? [];
    if (blank !== "") {
      at += blank.length;
      continue;
    }
    if (rest.startsWith("#")) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
      continue;
    }
    const redirection = redirections.find(([operator]) => rest.startsWith(operator))?.[0];
    const operator = redirection ?? operators.find((each) => rest.startsWith(each));
    if (operator !== undefined) {
      tokens.push({ type: "operator", text: operator });
      at += operator.length;
      continue;
    }
    const { word, plain, length } = readWord(rest);
    tokens.push({ type: "word", word, plain });
    at += length;
  }
  return tokens;
}

const wordEnd = /[ \t\r\n;|&<>()]/;

/** `plain`: the word's text when nothing of it was quoted or a variable. */
function readWord(text: string): { word: Piece[]; plain: string | undefined; length: number } {
  const word: Piece[] = [];
  let isPlain = true;
  let at = 0;
  const add = (piece: string) => {
    const last = word.at(-1);
    if (last?.type === "text") word[word.length - 1] = { type: "text", text: last.text + piece };
    else word.push({ type: "text", text: piece });
  };
  const addVariable = (isQuoted: boolean) => {
    const { name, length } = readVariable(text.slice(at));
    if (name === undefined) add("$");
    else word.push({ type: "variable", name, isQuoted });
    at += length;
    isPlain = false;
  };
  while (at < text.length && !wordEnd.test(text[at] ?? "")) {
    const char = text[at] ?? "";
    if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw new ShellSyntaxError("syntax error: unterminated quoted string");
      add(text.slice(at + 1, end));
      [at, isPlain] = [end + 1, false];
    } else if (char === '"') {
      isPlain = false;
      at += 1;
      add("");
      while (text[at] !== '"') {
        if (at >= text.length) {
          throw new ShellSyntaxError("syntax error: unterminated quoted string");
        }
        if (text[at] === "\\" && /["\\$`]/.test(text[at + 1] ?? "")) {
          add(text[at + 1] ?? "");
          at += 2;
        } else if (text[at] === "$") addVariable(true);
        else add(text[at++] ?? "");
      }
      at += 1;
    } else if (char === "\\") {
      add(text[at + 1] ?? "");
      [at, isPlain] = [at + 2, false];
    } else if (char === "$") addVariable(false);
    else if (char === "`") throw new ShellSyntaxError("syntax error: no commands inside of words");
    else add(text[at++] ?? "");
  }
  const [only] = word;
  const plain = isPlain && only?.type === "text" ? only.text : undefined;
  return { word, plain, length: at };
}

function readVariable(text: string): { name: string | undefined; length: number } {
  if (text.startsWith("$("))
    throw new ShellSyntaxError("syntax error: no commands inside of words");
  const [whole = "", braced, plain] = /^\$(?:\{(\w+|\?|\$)\}|(\w+|[?$#]))/.exec(text) ?? [];
  if (whole === "") {
    if (text.startsWith("${")) throw new ShellSyntaxError("syntax error: bad substitution");
    return { name: undefined, length: 1 };
  }
  return { name: braced ?? plain, length: whole.length };
}
