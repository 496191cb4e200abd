/** Names that belong to admission that is configured in files. */
import type { KubeObject } from "../../resource.ts";

const suffix = ".static.k8s.io";

/** A warning for an object whose name ends as theirs do. */
export function nameWarnings({ metadata }: KubeObject): string[] {
  if (!metadata?.name?.endsWith(suffix)) return [];
  return [
    `metadata.name: names ending with "${suffix}" are reserved for static manifest-based ` +
      "configurations and cannot be managed via the API",
  ];
}
