/** JSON answers, joined from the bytes that the objects already have. */
import { goJson } from "#libs/api/gotext.ts";
import type { Listed, Version } from "../../registry/request.ts";

const newline = Buffer.from("\n");
const commaOpen = Buffer.from(",{");

/** Indented by two spaces, without a newline at the end, as Kubernetes does it. */
export function prettyJson(value: unknown): Uint8Array {
  return Buffer.from(goJson(value, 2));
}

/** On one line, with a newline at the end. */
export function compactJson(value: unknown): Uint8Array {
  return Buffer.from(`${goJson(value)}\n`);
}

/** The JSON that a version has already, with a newline at the end. */
export const versionJson = ({ json }: Version): Uint8Array => Buffer.concat([json, newline]);

/** A list in pieces; each item brings the comma before it. */
export function* listJson(
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  listed: Listed,
  item: (version: Version) => Uint8Array,
): Generator<Uint8Array> {
  const head = { kind, apiVersion, metadata: listMeta(listed) };
  // A list of partial objects is a nil slice in Go when there are none.
  if (listed.versions.length === 0 && kind === "PartialObjectMetadataList") {
    yield Buffer.from(`${goJson(head).slice(0, -1)},"items":null}\n`);
    return;
  }
  yield Buffer.from(`${goJson(head).slice(0, -1)},"items":[`);
  let skip = 1;
  for (const version of listed.versions) {
    yield item(version).subarray(skip);
    skip = 0;
  }
  yield Buffer.from("]}\n");
}

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Metadata of a list: where it stands, and the way to the next page if there is one. */
export function listMeta(listed: Listed): ListMeta {
  const { resourceVersion, continue: token, remainingItemCount } = listed;
  return {
    resourceVersion,
    ...(token === "" ? {} : { continue: token }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

const items = new WeakMap<Version, Uint8Array>();

/**
 * A comma and an object's JSON without apiVersion and kind, which the list says once: they are cut
 * off where they stand first, as they do.
 */
export function itemJson(version: Version): Uint8Array {
  const known = items.get(version);
  if (known !== undefined) return known;
  const item = withoutType(version);
  items.set(version, item);
  return item;
}

function withoutType(version: Version): Uint8Array {
  const { apiVersion, kind } = version.object;
  const { json } = version;
  for (const head of typeHeads(apiVersion ?? "", kind ?? "")) {
    if (!startsWith(json, head)) continue;
    const rest = json.subarray(head.length);
    return Buffer.concat([commaOpen, rest]);
  }
  const { apiVersion: _version, kind: _kind, ...rest } = version.object;
  return Buffer.from(`,${goJson(rest)}`);
}

const heads = new Map<string, readonly Buffer[]>();
const headsMax = 1000;

function typeHeads(apiVersion: string, kind: string): readonly Buffer[] {
  const key = `${apiVersion}\0${kind}`;
  const known = heads.get(key);
  if (known !== undefined) return known;
  const version = `"apiVersion":${JSON.stringify(apiVersion)}`;
  const name = `"kind":${JSON.stringify(kind)}`;
  const made = [Buffer.from(`{${name},${version},`), Buffer.from(`{${version},${name},`)];
  if (heads.size < headsMax) heads.set(key, made);
  return made;
}

function startsWith(bytes: Uint8Array, head: Buffer): boolean {
  return bytes.length >= head.length && head.equals(bytes.subarray(0, head.length));
}
