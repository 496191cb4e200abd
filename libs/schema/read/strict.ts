/**
 * What strict decoding says against a JSON text: unknown and repeated fields in the order in which
 * they stand there. Parsing loses that order, so that the text is read once more; it must be valid.
 */
import { goQuote } from "#libs/api/gotext.ts";
import type { FieldSchema, MessageSchema } from "../schema.ts";

/** So many are told; nobody reads more. */
const problemsMax = 100;

/** `unknown field "spec.foo"`, `duplicate field "metadata.name"`. */
export function strictProblems(schema: MessageSchema, text: string): string[] {
  const scan: Scan = { text, at: 0, problems: new Set() };
  visitMessage(scan, schema, "");
  return [...scan.problems].slice(0, problemsMax);
}

interface Scan {
  readonly text: string;
  at: number;
  readonly problems: Set<string>;
}

function visitMessage(scan: Scan, schema: MessageSchema, path: string): void {
  if (schema.form !== "struct") return skipValue(scan);
  visitObject(scan, path, (key, inner, isRepeated) => {
    const field = schema.byJsonName.get(key);
    const isTypeMeta = schema.typeMeta && (key === "apiVersion" || key === "kind");
    if (!field && !isTypeMeta) scan.problems.add(`unknown field ${goQuote(inner)}`);
    else if (isRepeated) scan.problems.add(`duplicate field ${goQuote(inner)}`);
    if (field) visitField(scan, field, inner);
    else skipValue(scan);
  });
}

function visitField(scan: Scan, field: FieldSchema, path: string): void {
  const { cardinality, message } = field;
  const visit = (inner: string) => (message ? visitMessage(scan, message, inner) : skipValue(scan));
  if (cardinality === "single") return visit(path);
  if (cardinality === "list") return visitArray(scan, path, visit);
  visitObject(scan, path, (_, inner, isRepeated) => {
    if (isRepeated) scan.problems.add(`duplicate field ${goQuote(inner)}`);
    visit(inner);
  });
}

type VisitMember = (key: string, path: string, isRepeated: boolean) => void;

/** Anything but an object is passed over. */
function visitObject(scan: Scan, path: string, visit: VisitMember): void {
  if (next(scan) !== "{") return skipValue(scan);
  scan.at += 1;
  const keys = new Set<string>();
  while (next(scan) !== "}") {
    const start = scan.at;
    skipString(scan);
    const key = JSON.parse(scan.text.slice(start, scan.at)) as string;
    next(scan);
    scan.at += 1;
    visit(key, path === "" ? key : `${path}.${key}`, keys.has(key));
    keys.add(key);
    if (next(scan) === ",") scan.at += 1;
  }
  scan.at += 1;
}

function visitArray(scan: Scan, path: string, visit: (path: string) => void): void {
  if (next(scan) !== "[") return skipValue(scan);
  scan.at += 1;
  for (let index = 0; next(scan) !== "]"; index += 1) {
    visit(`${path}[${index}]`);
    if (next(scan) === ",") scan.at += 1;
  }
  scan.at += 1;
}

/** Passes over white space; answers what stands behind it. */
function next(scan: Scan): string {
  while (" \n\r\t".includes(scan.text.charAt(scan.at)) && scan.at < scan.text.length) scan.at += 1;
  return scan.text.charAt(scan.at);
}

/** Without recursion, so that depth costs nothing. */
function skipValue(scan: Scan): void {
  let depth = 0;
  do {
    const char = next(scan);
    if (char === '"') skipString(scan);
    else if (char === "{" || char === "[") skipOpening(scan, () => (depth += 1));
    else if (char === "}" || char === "]") skipOpening(scan, () => (depth -= 1));
    else if (char === "," || char === ":") scan.at += 1;
    else skipWord(scan);
  } while (depth > 0 && scan.at < scan.text.length);
}

function skipOpening(scan: Scan, count: () => void): void {
  scan.at += 1;
  count();
}

function skipString(scan: Scan): void {
  scan.at += 1;
  while (scan.at < scan.text.length && scan.text[scan.at] !== '"') {
    scan.at += scan.text[scan.at] === "\\" ? 2 : 1;
  }
  scan.at += 1;
}

/** A number or a word. */
function skipWord(scan: Scan): void {
  const end = /[\s,:\]}]|$/g;
  end.lastIndex = scan.at;
  scan.at = end.exec(scan.text)?.index ?? scan.text.length;
}
