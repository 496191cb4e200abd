/** The OpenAPI documents as they are served: each made when it is first asked for. */
import { createHash } from "node:crypto";
import { encodeOpenApiV2 } from "#libs/schema/openapi/protobuf.ts";
import type { Served } from "../http/routes.ts";
import { openApiV2 } from "./v2.ts";
import { openApiV3 } from "./v3.ts";

export interface OpenApiDocument {
  /** Its text; protobuf where that was asked for. */
  readonly json: Uint8Array;
  /** Upper-case hexadecimal SHA-512, which names this content. */
  readonly hash: string;
}

export interface OpenApiDocuments {
  /** /openapi/v3: where each document is. */
  index(): Uint8Array;
  /** By `api/v1` or `apis/<group>/<version>`. */
  groupVersion(key: string): OpenApiDocument | undefined;
  v2(): OpenApiDocument;
  /** The same as protobuf. */
  v2Protobuf(): OpenApiDocument;
}

/** Documents of what is served; none is made before somebody asks for it. */
export function openApiDocuments(served: Served): OpenApiDocuments {
  const documents = new Map<string, OpenApiDocument>();
  const keys = keysOf(served);
  const groupVersions = [...keys.values()];
  let whole: OpenApiDocument | undefined;
  let wholeProtobuf: OpenApiDocument | undefined;
  const groupVersion = (key: string): OpenApiDocument | undefined => {
    const found = keys.get(key);
    if (found === undefined) return undefined;
    const version = served.get(found.group)?.get(found.version);
    if (version === undefined) return undefined;
    const known = documents.get(key) ?? documentOf(openApiV3(version, groupVersions));
    documents.set(key, known);
    return known;
  };
  return {
    index: () => {
      const paths: Record<string, object> = {};
      for (const key of keys.keys()) {
        const hash = groupVersion(key)?.hash ?? "";
        paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` };
      }
      return Buffer.from(JSON.stringify({ paths }));
    },
    groupVersion,
    v2: () => {
      whole ??= documentOf(openApiV2(served));
      return whole;
    },
    v2Protobuf: () => {
      wholeProtobuf ??= hashed(encodeOpenApiV2(openApiV2(served)));
      return wholeProtobuf;
    },
  };
}

function keysOf(served: Served): ReadonlyMap<string, { group: string; version: string }> {
  const keys = new Map<string, { group: string; version: string }>();
  for (const [group, versions] of served) {
    for (const version of versions.keys()) {
      keys.set(group === "" ? `api/${version}` : `apis/${group}/${version}`, { group, version });
    }
  }
  return keys;
}

const documentOf = (document: object): OpenApiDocument =>
  hashed(Buffer.from(JSON.stringify(document)));

function hashed(json: Uint8Array): OpenApiDocument {
  const hash = createHash("sha512").update(json).digest("hex").toUpperCase();
  return { json, hash };
}
