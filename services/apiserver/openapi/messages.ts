/** From what paths mention to the messages that describe it. */
import { allSchemas } from "#libs/schema/schemas.ts";
import type { PathItem } from "./paths.ts";

/** Told of every group version, although no path mentions them. */
const everywhere: readonly string[] = [
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
  "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent",
];

let byName: ReadonlyMap<string, string> | undefined;

/** Message of an OpenAPI name, for all messages that have one. */
function messagesByName(): ReadonlyMap<string, string> {
  if (byName !== undefined) return byName;
  const entries: [string, string][] = [];
  for (const { openapi, name } of allSchemas()) {
    if (openapi !== undefined) entries.push([openapi, name]);
  }
  byName = new Map(entries);
  return byName;
}

/** Proto messages behind the bodies and answers of these paths. */
export function messagesOf(items: readonly PathItem[]): string[] {
  const names = new Set(everywhere);
  for (const { operations } of items) {
    for (const { body, answer } of Object.values(operations)) {
      if (body !== undefined) names.add(body);
      if (answer !== undefined) names.add(answer);
    }
  }
  const known = messagesByName();
  return [...names].map((name) => known.get(name)).filter((name) => name !== undefined);
}
