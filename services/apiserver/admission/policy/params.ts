/** The objects that a binding gives its policy as parameters. */
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { matchesSelector, selectorOfLabelSelector } from "#libs/api/selectors.ts";
import type { ParamKind, ParamRef } from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { AdmissionReader, AdmissionRequest } from "../plugin.ts";

/** What a binding's `paramRef` comes to. */
export type Params =
  /** One evaluation for each; `undefined` when the policy takes none. */
  | { readonly type: "Found"; readonly params: readonly (KubeObject | undefined)[] }
  /** Nothing is evaluated. */
  | { readonly type: "Skipped" }
  /** The binding cannot be used. */
  | { readonly type: "Failed"; readonly message: string };

export type FindKind = (apiVersion: string, kind: string) => ResourceDefinition | undefined;

const failed = (message: string): Params => ({
  type: "Failed",
  message: `failed to configure binding: ${message}`,
});

/** As Kubernetes collects them (generic policy_dispatcher.go CollectParams). */
export async function paramsOf(
  kind: ParamKind | undefined,
  reference: ParamRef | undefined,
  request: AdmissionRequest,
  reader: AdmissionReader,
  find: FindKind,
): Promise<Params> {
  if (!kind) return { type: "Found", params: [undefined] };
  // A policy that takes parameters and is given none is evaluated with null.
  if (!reference) return { type: "Found", params: [undefined] };
  const definition = find(kind.apiVersion ?? "", kind.kind ?? "");
  if (!definition) {
    return failed(`failed to find resource referenced by paramKind: '${kindText(kind)}'`);
  }
  const place = namespaceOf(definition, reference, request);
  if ("type" in place) return place;
  const found = await lookup(definition, reference, place.namespace, reader);
  if (found.length > 0) return { type: "Found", params: found };
  if (reference.parameterNotFoundAction === "Allow") return { type: "Skipped" };
  return failed("no params found for policy binding with `Deny` parameterNotFoundAction");
}

const kindText = ({ apiVersion = "", kind = "" }: ParamKind) => `${apiVersion}, Kind=${kind}`;

/** Parameters live where the binding says, or where the request is. */
function namespaceOf(
  { scope }: ResourceDefinition,
  { namespace = "" }: ParamRef,
  { place }: AdmissionRequest,
): { readonly namespace: string } | Params {
  if (scope === "Cluster") {
    if (namespace === "") return { namespace: "" };
    return failed("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  }
  if (namespace !== "") return { namespace };
  if (place.namespace !== "") return { namespace: place.namespace };
  return failed(
    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
  );
}

async function lookup(
  { group, plural }: ResourceDefinition,
  { name, selector }: ParamRef,
  namespace: string,
  reader: AdmissionReader,
): Promise<KubeObject[]> {
  const resource = group === "" ? plural : `${plural}.${group}`;
  if (name !== undefined && name !== "") {
    const object =
      reader.cached(resource, namespace, name) ?? (await reader.live(resource, namespace, name));
    return object ? [object] : [];
  }
  const picks = selectorOfLabelSelector(selector ?? {});
  return [...reader.list(resource, namespace)].filter(({ metadata }) =>
    matchesSelector(picks, metadata?.labels),
  );
}
