/**
 * Who writes a policy that has parameters, or binds some to one, has to be allowed to read them:
 * expressions can tell what they hold (Kubernetes' pkg/registry/admissionregistration, authz.go).
 */
import { isDeepStrictEqual } from "node:util";
import { forbidden, invalidObject } from "#libs/api/errors.ts";
import { resourceOfKind } from "#libs/api/index.ts";
import type {
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "../admission/plugin.ts";
import type { Attributes, Authorizer } from "./authorize.ts";
import { callerText, userOf } from "./caller.ts";

const group = "admissionregistration.k8s.io";
const privilegedGroup = "system:masters";

/** The policies' resources, by those of their bindings. */
const policiesOf: Readonly<Record<string, string>> = {
  validatingadmissionpolicybindings: "validatingadmissionpolicies",
  mutatingadmissionpolicybindings: "mutatingadmissionpolicies",
};
const policies = Object.values(policiesOf);

/** Refuses with a 422 at the field, after everything else of the object was found good. */
export function paramRights(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "ParamRights",
    async validate(request, reader) {
      const { place, operation, draft, caller } = request;
      const { definition } = place;
      if (definition.group !== group || operation === "delete" || draft === undefined) return;
      if (place.subresource !== "" || caller.groups.includes(privilegedGroup)) return;
      const checked = { request, reader, authorizer };
      const refused = policies.includes(definition.plural)
        ? await refusedKind(checked)
        : await refusedReference(checked);
      if (refused === undefined) return;
      const { path, why } = refused;
      const name = draft.metadata?.name ?? place.name;
      const kind = { group, name: definition.kind };
      throw invalidObject(kind, name, [forbidden(path, why)]);
    },
  };
}

interface Checked {
  readonly request: AdmissionRequest;
  readonly reader: AdmissionReader;
  readonly authorizer: Authorizer;
}

interface Refused {
  readonly path: string;
  readonly why: string;
}

async function refusedKind({ request, authorizer }: Checked): Promise<Refused | undefined> {
  const { paramKind } = (request.draft as ValidatingAdmissionPolicy).spec ?? {};
  const old = (request.old as ValidatingAdmissionPolicy | undefined)?.spec?.paramKind;
  if (paramKind === undefined || isDeepStrictEqual(paramKind, old)) return undefined;
  const { of } = resourceOf(paramKind);
  const asked = { ...of, verb: "get", namespace: "*", name: "*" };
  if (await isAllowed(authorizer, request, asked)) return undefined;
  const { kind = "", apiVersion = "" } = paramKind;
  const why =
    `user ${callerText(request.caller)} must have "get" permission on all objects of the ` +
    `referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`;
  return { path: "spec.paramKind", why };
}

async function refusedReference(checked: Checked): Promise<Refused | undefined> {
  const { request, reader, authorizer } = checked;
  const { paramRef, policyName = "" } = specOf(request.draft);
  const old = specOf(request.old);
  if (paramRef === undefined) return undefined;
  if (isDeepStrictEqual(paramRef, old.paramRef) && policyName === old.policyName) return undefined;
  const policy = reader.cached(
    `${policiesOf[request.place.definition.plural] ?? ""}.${group}`,
    "",
    policyName,
  ) as ValidatingAdmissionPolicy | undefined;
  const paramKind = policy?.spec?.paramKind;
  const { of, found } = paramKind === undefined ? anything : resourceOf(paramKind);
  const { name = "", namespace = "" } = paramRef;
  const verb = name === "" ? "list" : "get";
  if (await isAllowed(authorizer, request, { ...of, verb, namespace, name })) return undefined;
  const lacks = `user ${callerText(request.caller)} does not have "${verb}" permission`;
  const unknown = unknownText(policyName, policy, found);
  const why =
    unknown === undefined
      ? `${lacks} on the object referenced by paramRef`
      : `${unknown} to determine minimum required permissions and ${lacks} for all groups, ` +
        "versions and resources";
  return { path: "spec.paramRef", why };
}

/** Why more is asked for than the parameters; undefined when it is not. */
function unknownText(
  name: string,
  policy: ValidatingAdmissionPolicy | undefined,
  found: boolean,
): string | undefined {
  if (policy === undefined) return `unable to get policy ${name}`;
  if (found) return undefined;
  const { apiVersion = "", kind = "" } = policy.spec?.paramKind ?? {};
  return `unable to resolve paramKind &{${apiVersion} ${kind}}`;
}

const specOf = (object: AdmissionRequest["draft"]): { paramRef?: ParamRef; policyName?: string } =>
  (object as ValidatingAdmissionPolicyBinding | undefined)?.spec ?? {};

type Resource = Pick<Attributes, "group" | "version" | "resource">;

interface Resolved {
  readonly of: Resource;
  /** False where a kind was named that nobody serves. */
  readonly found: boolean;
}

/** Where nothing is known, everything has to be allowed. */
const anything: Resolved = { of: { group: "*", version: "*", resource: "*" }, found: true };

function resourceOf({ apiVersion = "", kind = "" }: ParamKind): Resolved {
  const [version = "", apiGroup = ""] = apiVersion.split("/").toReversed();
  const served = resourceOfKind(apiVersion, kind);
  const of = { group: apiGroup, version, resource: served?.plural ?? "*" };
  return { of, found: served !== undefined };
}

type Asked = Resource & Pick<Attributes, "verb" | "namespace" | "name">;

async function isAllowed(
  authorizer: Authorizer,
  { caller }: AdmissionRequest,
  asked: Asked,
): Promise<boolean> {
  const rest = { resourceRequest: true, subresource: "", path: "" };
  const { decision } = await authorizer({ ...asked, ...rest, user: userOf(caller) });
  return decision === "allow";
}
