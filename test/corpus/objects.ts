/** The objects that go around: examples of every kind, and manifests that people really use. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { resources } from "#libs/api/index.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";

export interface Example {
  readonly title: string;
  readonly object: KubeObject;
  readonly definition: ResourceDefinition;
}

/** Where examples live. */
export const namespace = "corpus";

const shared = join(import.meta.dirname, "../../../shared/manifests");
export const hasManifests = existsSync(shared);

export const examples = examplesIn(join(import.meta.dirname, "examples"));
export const manifests = hasManifests ? examplesIn(shared) : [];

/** Every namespace that they live in. */
export const namespaces = new Set(
  [...examples, ...manifests].flatMap(({ object }) => object.metadata?.namespace ?? []),
);

function examplesIn(folder: string): readonly Example[] {
  return objectsIn(folder).map(exampleOf);
}

interface Read {
  readonly file: string;
  readonly object: KubeObject;
}

function objectsIn(folder: string): readonly Read[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return files.sort().flatMap((file) => {
    const documents = parseAllDocuments(readFileSync(join(folder, file), "utf8"));
    return documents.flatMap((document) => {
      const object = document.toJS() as KubeObject | null;
      return object === null ? [] : [{ file, object }];
    });
  });
}

function partsOf(apiVersion = ""): { readonly group: string; readonly version: string } {
  const [version = "", group = ""] = apiVersion.split("/").toReversed();
  return { group, version };
}

function titleOf(file: string, { apiVersion = "", kind = "", metadata }: KubeObject): string {
  return `${kind} ${apiVersion} ${metadata?.name ?? ""} of ${file}`;
}

function exampleOf({ file, object }: Read): Example {
  const { kind = "", metadata = {} } = object;
  const { group, version } = partsOf(object.apiVersion);
  const definition = resources.find(
    (one) => one.kind === kind && one.group === group && one.version === version,
  );
  if (definition === undefined) throw new Error(`${file}: nothing serves ${titleOf(file, object)}`);
  // Manifests say no namespace: each file gets one of its own.
  const place = { namespace: `${namespace}-${basename(file, ".yaml")}` };
  const isPlaced = definition.scope === "Namespaced";
  const placed = isPlaced ? { ...object, metadata: { ...place, ...metadata } } : object;
  return { title: titleOf(file, object), object: placed, definition };
}

function rootOf(group: string, version: string): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** Where objects like this one are created and listed. */
export function collectionOf({ object, definition }: Example): string {
  const { group, version, plural, scope } = definition;
  const place = scope === "Namespaced" ? `/namespaces/${object.metadata?.namespace ?? ""}` : "";
  return `${rootOf(group, version)}${place}/${plural}`;
}

/** What is asked and not kept. */
export interface Question {
  readonly title: string;
  readonly object: KubeObject;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly path: string;
}

export const questions = objectsIn(join(import.meta.dirname, "asked")).map(questionOf);

function questionOf({ file, object }: Read): Question {
  const { group, version } = partsOf(object.apiVersion);
  const plural = `${(object.kind ?? "").toLowerCase()}s`;
  const place = object.metadata?.namespace;
  const below = place === undefined ? "" : `/namespaces/${place}`;
  const path = `${rootOf(group, version)}${below}/${plural}`;
  return { title: titleOf(file, object), object, group, version, plural, path };
}
