/** Status objects as answers of a write. */
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";
import { UnstoredVersion } from "./cache/version.ts";
import type { Version } from "./request.ts";

const statusMessage = "k8s.meta.v1.Status";

/** What creating a Binding or an Eviction answers. */
export function successStatus(
  definition: ResourceDefinition,
  code: number,
  revision: number,
): Version {
  const status: Status & { kind: string; apiVersion: string } = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    code,
  };
  return new UnstoredVersion(definition, status as object, revision, statusMessage);
}
