/**
 * Who writes the status of a resource claim needs a right for each part of it: schedulers allocate
 * (`resourceclaims/binding`), drivers tell of their devices (`resourceclaims/driver`, by name); a
 * driver may be allowed those of its own node only (Kubernetes' pkg/registry/resource/utils.go).
 */
import { semanticEqual } from "#libs/api/equality.ts";
import { forbidden, invalidObject, type FieldError } from "#libs/api/errors.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  ResourceClaim,
  ResourceClaimStatus,
} from "#proto/gen/k8s/resource/v1.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission/plugin.ts";
import type { Attributes, Authorizer } from "./authorize.ts";
import { userOf } from "./caller.ts";
import { refusal } from "./refuse.ts";

const group = "resource.k8s.io";
const plural = "resourceclaims";
const nodeNameKey = "authentication.kubernetes.io/node-name";

export function claimRights(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "ClaimRights",
    async validate(request) {
      const { place, draft, old } = request;
      if (place.definition.group !== group || place.definition.plural !== plural) return;
      if (place.subresource !== "status") return;
      const status = (draft as ResourceClaim | undefined)?.status ?? {};
      const before = (old as ResourceClaim | undefined)?.status ?? {};
      const asked = { request, authorizer };
      const errors = [
        ...(await bindingFields(asked, status, before)),
        ...(status.allocation === undefined ? [] : await deviceFields(asked, status, before)),
      ];
      if (errors.length === 0) return;
      throw invalidObject({ group, name: place.definition.kind }, place.name, errors);
    },
  };
}

interface Asked {
  readonly request: AdmissionRequest;
  readonly authorizer: Authorizer;
}

async function bindingFields(
  asked: Asked,
  status: ResourceClaimStatus,
  old: ResourceClaimStatus,
): Promise<FieldError[]> {
  const isSame =
    semanticEqual(status.allocation, old.allocation) &&
    semanticEqual(status.reservedFor, old.reservedFor);
  const verb = verbOf(asked);
  // For all claims, or for none.
  const place = { subresource: "binding", namespace: "", name: "" };
  const refused = isSame ? undefined : await refusedText(asked, { verb, ...place });
  if (refused === undefined) return [];
  const detail =
    "changing status.allocation or status.reservedFor requires " +
    `resource="resourceclaims/binding", verb="${verb}" permission: ${refused}`;
  return [forbidden("status.allocation", detail)];
}

async function deviceFields(
  asked: Asked,
  status: ResourceClaimStatus,
  old: ResourceClaimStatus,
): Promise<FieldError[]> {
  const { place } = asked.request;
  const verb = verbOf(asked);
  const verbs = [`arbitrary-node:${verb}`];
  if (isOfNode(asked, allocatedNode(status.allocation))) verbs.unshift(`associated-node:${verb}`);
  const errors: FieldError[] = [];
  for (const name of changedDrivers(status.devices, old.devices)) {
    const subject = { subresource: "driver", namespace: place.namespace, name };
    const refused = await refusedByAll(asked, verbs, subject);
    if (refused === undefined) continue;
    const detail =
      'changing status.devices requires resource="resourceclaims/driver", ' +
      `verb="[${verbs.join(" ")}]" permission: ${refused}`;
    errors.push(forbidden("status.devices", detail));
  }
  return errors;
}

type Subject = Pick<Attributes, "subresource" | "namespace" | "name">;

/** The first refusal, when none of the verbs is allowed. */
async function refusedByAll(
  asked: Asked,
  verbs: readonly string[],
  subject: Subject,
): Promise<string | undefined> {
  let first: string | undefined;
  for (const verb of verbs) {
    const refused = await refusedText(asked, { verb, ...subject });
    if (refused === undefined) return undefined;
    first ??= refused;
  }
  return first;
}

async function refusedText(
  { request, authorizer }: Asked,
  asked: Subject & Pick<Attributes, "verb">,
): Promise<string | undefined> {
  const user = userOf(request.caller);
  const { version } = request.place.definition;
  const resource = { resourceRequest: true, group, version, resource: plural, path: "" };
  const attributes = { ...resource, ...asked, user };
  const { decision, reason } = await authorizer(attributes);
  return decision === "allow" ? undefined : refusal(attributes, reason).message;
}

const verbOf = ({ request }: Asked): string => request.verb ?? request.operation;

/** Drivers whose devices came, went or changed, in order. */
function changedDrivers(
  devices: readonly AllocatedDeviceStatus[] = [],
  old: readonly AllocatedDeviceStatus[] = [],
): string[] {
  const before = new Map(old.map((device) => [keyOf(device), device]));
  const after = new Map(devices.map((device) => [keyOf(device), device]));
  const changed = [
    ...devices.filter((device) => !semanticEqual(device, before.get(keyOf(device)))),
    ...old.filter((device) => !after.has(keyOf(device))),
  ];
  return [...new Set(changed.map(({ driver = "" }) => driver))].sort();
}

const keyOf = ({ driver, pool, device, shareID }: AllocatedDeviceStatus): string =>
  JSON.stringify([driver, pool, device, shareID]);

/** The one node on which an allocation can be used; undefined for none or several. */
function allocatedNode(allocation: AllocationResult | undefined): string | undefined {
  const terms = allocation?.nodeSelector?.nodeSelectorTerms ?? [];
  const [{ matchExpressions = [], matchFields = [] } = {}] = terms;
  const [{ key, operator, values = [] } = {}] = matchFields;
  const isOne = [terms, matchFields, values].every(({ length }) => length === 1);
  const isName = key === "metadata.name" && operator === "In" && matchExpressions.length === 0;
  return isOne && isName ? values[0] : undefined;
}

/** A service account whose token is bound to a pod of that node. */
function isOfNode({ request }: Asked, node: string | undefined): boolean {
  const { user, extra = {} } = request.caller;
  const names = extra[nodeNameKey] ?? [];
  const isAccount = user.startsWith("system:serviceaccount:");
  return isAccount && node !== undefined && names.length === 1 && names[0] === node;
}
