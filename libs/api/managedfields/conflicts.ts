/** Conflicts of an apply, in Kubernetes' words. */
import type { StatusCause } from "#proto/gen/k8s/meta/v1.ts";
import { applyConflict, type StatusError } from "../errors.ts";
import { goQuote } from "../gotext.ts";
import type { Managed, Ownership } from "./entries.ts";
import { pathsOf, pathText, type FieldSet } from "./fieldset.ts";

/** 409 that names every field and its owner. */
export function conflictError(
  managed: Managed,
  conflicts: ReadonlyMap<string, FieldSet>,
): StatusError {
  const owners = [...conflicts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, fields]) => {
      const owner = managed.get(id);
      return {
        name: owner === undefined ? id : ownerText(owner),
        paths: [...pathsOf(fields)].map(pathText),
      };
    });
  const causes = owners.flatMap(({ name, paths }) =>
    paths.map((field): StatusCause => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${name}`,
      field,
    })),
  );
  return applyConflict(causes, messageOf(owners));
}

interface Owner {
  readonly name: string;
  readonly paths: readonly string[];
}

function messageOf(owners: readonly Owner[]): string {
  const count = owners.reduce((sum, { paths }) => sum + paths.length, 0);
  const [first] = owners;
  if (count === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${first.name}: ${first.paths[0] ?? ""}`;
  }
  const lines = owners.flatMap(({ name, paths }) => [
    `conflicts with ${name}:`,
    ...paths.map((path) => `- ${path}`),
  ]);
  return `Apply failed with ${count} conflicts: ${lines.join("\n")}`;
}

function ownerText({ manager, operation, apiVersion, subresource }: Ownership): string {
  const name = goQuote(manager);
  const where = subresource === "" ? "" : ` with subresource ${goQuote(subresource)}`;
  return `${name}${where}${operation === "Update" ? ` using ${apiVersion}` : ""}`;
}
