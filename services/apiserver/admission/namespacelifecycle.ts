/** Objects live in namespaces that exist and are not about to go. */
import { forbiddenError, notFound, StatusError } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { Namespace } from "#proto/gen/k8s/core/v1.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "./plugin.ts";
import { resourceText } from "./plugin.ts";

const namespaces = { group: "", name: "namespaces" };
/** Without these a cluster does not work; they cannot be deleted. */
const protectedNamespaces: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  mutate(request, reader) {
    if (request.operation === "delete") return refuseProtected(request);
    if (request.place.definition.scope === "Cluster") return undefined;
    return refuseMissing(request, reader);
  },
};

function refuseProtected({ place }: AdmissionRequest): void {
  if (resourceText(place) !== "namespaces" || !protectedNamespaces.has(place.name)) return;
  throw forbiddenError(namespaces, place.name, "this namespace may not be deleted");
}

async function refuseMissing(request: AdmissionRequest, reader: AdmissionReader): Promise<void> {
  const { namespace } = request.place;
  // The cache may be behind a namespace that was just created.
  const found =
    reader.cached("namespaces", "", namespace) ?? (await reader.live("namespaces", "", namespace));
  if (found === undefined) throw notFound(namespaces, namespace);
  if (request.operation === "create" && isTerminating(found)) throw terminatingError(request);
}

function isTerminating(namespace: KubeObject): boolean {
  const { metadata, status } = namespace as Namespace;
  return metadata?.deletionTimestamp !== undefined || status?.phase === "Terminating";
}

function terminatingError({ place, draft }: AdmissionRequest): StatusError {
  const { group, plural } = place.definition;
  const name = draft?.metadata?.name ?? "";
  const why =
    `unable to create new content in namespace ${place.namespace} ` +
    "because it is being terminated";
  const { message, status } = forbiddenError({ group, name: plural }, name, why);
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${place.namespace} is being terminated`,
    field: "metadata.namespace",
  };
  return new StatusError(403, "Forbidden", message, { ...status.details, causes: [cause] });
}
