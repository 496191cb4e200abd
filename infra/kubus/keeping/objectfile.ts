/** Files of Kubernetes objects: YAML documents, or JSON, one object a line. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { dump, load } from "js-yaml";
import type { KubeObject } from "#libs/api/resource.ts";

export type ObjectFormat = "yaml" | "jsonl";

export const objectText = (object: KubeObject, format: ObjectFormat): string =>
  format === "jsonl"
    ? `${JSON.stringify(object)}\n`
    : `---\n${dump(object, { lineWidth: -1, noRefs: true })}`;

/** One document, which is kept whole in memory. */
const documentBytesMax = 8 * 1024 * 1024;

/** Throws with the line for what is no object. */
export async function* readObjects(file: string): AsyncGenerator<KubeObject> {
  let document: string[] = [];
  let [startsAt, at, bytes] = [1, 0, 0];
  const isEmpty = () => document.every((line) => /^\s*(#.*)?$/.test(line));
  for await (const line of createInterface({ input: createReadStream(file) })) {
    at += 1;
    const isJson = document.length === 0 && line.startsWith("{") && line.trimEnd().endsWith("}");
    const isBoundary = /^---(\s|$)/.test(line);
    if ((isJson || isBoundary) && !isEmpty()) yield parsed(file, startsAt, document.join("\n"));
    if (isJson) yield parsed(file, at, line);
    if (isJson || isBoundary) {
      document = [];
      [startsAt, bytes] = [at + 1, 0];
      continue;
    }
    document.push(line);
    bytes += line.length;
    if (bytes > documentBytesMax) {
      throw new Error(
        `${file}, line ${startsAt}: an object of more than ${documentBytesMax} bytes`,
      );
    }
  }
  if (!isEmpty()) yield parsed(file, startsAt, document.join("\n"));
}

function parsed(file: string, line: number, text: string): KubeObject {
  const wrong = (what: string) => new Error(`${file}, line ${line}: ${what}`);
  let value: unknown;
  try {
    value = load(text);
  } catch (error) {
    throw wrong((error as Error).message.split("\n")[0] ?? "");
  }
  const { apiVersion, kind, metadata } = (value ?? {}) as KubeObject;
  if (typeof apiVersion === "string" && typeof kind === "string" && metadata) {
    return value as KubeObject;
  }
  throw wrong("expected an object with apiVersion, kind and metadata");
}
