/** Paths to fields of a custom resource (`.spec.a['b']`), followed through its schema. */
import { additionalOf, type Schema } from "./tree.ts";

export interface FoundField {
  /** As Kubernetes writes it; the same for the same field. */
  readonly path: string;
  /** The name of the first step. */
  readonly root: string;
  readonly schema: Schema;
}

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "'": "'",
  "\\": "\\",
};

const unknownField = "does not refer to a valid field";
const openEnd = "unexpected end of JSON path";

/** The field that a path leads to; a text says why there is none. */
export function findField(path: string, schema: Schema, brackets: boolean): FoundField | string {
  // Quoted text is one token, and so is what stands between delimiters.
  const tokens = path.match(/'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]]+/gs) ?? [];
  let found: FoundField = { path: "", root: "", schema };
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    let name: string;
    if (token === "[") {
      if (!brackets) return "array notation is not allowed";
      const step = bracketStep(tokens[at + 1], tokens[at + 2]);
      if (typeof step === "string") return step;
      ({ name } = step);
      at += 2;
    } else if (token === ".") {
      const next = tokens[at + 1];
      if (next === undefined) return openEnd;
      name = next;
      at += 1;
    } else return `expected [ or . but got: ${token}`;
    const below = stepInto(found, name);
    if (below === undefined) return unknownField;
    found = below;
  }
  return found;
}

function bracketStep(
  quoted: string | undefined,
  end: string | undefined,
): { readonly name: string } | string {
  if (quoted === undefined) return openEnd;
  if (quoted.length < 2 || !quoted.startsWith("'") || !quoted.endsWith("'")) {
    return `expected single quoted string but got ${quoted}`;
  }
  const inner = quoted.slice(1, -1);
  const odd = inner.match(/\\./gs)?.find((escape) => escapes[escape.charAt(1)] === undefined);
  if (odd !== undefined) return `invalid string literal: invalid escape char ${odd}`;
  if (end === undefined) return openEnd;
  if (end !== "]") return `expected ] but got ${end}`;
  return { name: inner.replace(/\\(.)/gs, (_, char: string) => escapes[char] ?? "") };
}

function stepInto({ path, root, schema }: FoundField, name: string): FoundField | undefined {
  const { properties } = schema;
  const child = properties?.[name];
  if (properties !== undefined && Object.keys(properties).length > 0) {
    if (child === undefined) return undefined;
    return { path: path === "" ? name : `${path}.${name}`, root: root || name, schema: child };
  }
  const more = additionalOf(schema);
  if (more === undefined) return undefined;
  return { path: `${path}[${name}]`, root: root || name, schema: more };
}
