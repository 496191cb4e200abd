/** What the expressions of a policy see of a request. */
import { userOf } from "../../auth/caller.ts";
import { namespaceType, requestType } from "#libs/cel/admission.ts";
import { dyn } from "#libs/cel/celtype.ts";
import type { Environment } from "#libs/cel/environment.ts";
import {
  type Ask,
  type AuthorizerQuestion,
  authorizerValue,
  requestResourceValue,
} from "#libs/cel/functions/authorizer.ts";
import { fromJson } from "#libs/cel/values/json.ts";
import type { Value } from "#libs/cel/values/value.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { Attributes, Authorizer } from "../../auth/authorize.ts";
import type { User } from "../../auth/user.ts";
import type { AdmissionReader, AdmissionRequest } from "../plugin.ts";
import { typed } from "./match.ts";

/** Values by name; each is made when it is first asked for. */
export type Variables = (name: string) => Value | undefined;

/** Everything but parameters and composed variables. */
export function requestVariables(
  request: AdmissionRequest,
  reader: AdmissionReader,
  authorizer: Authorizer,
  { provider }: Environment,
): Variables {
  const { draft, old, place } = request;
  const ask = asker(authorizer, userOf(request.caller));
  const json = (object: KubeObject | undefined) =>
    object === undefined ? null : fromJson(typed(request, object), dyn, provider);
  const makers: Readonly<Record<string, () => Value>> = {
    object: () => json(draft),
    oldObject: () => json(old),
    request: () => fromJson(requestJson(request), requestType, provider),
    namespaceObject: () => {
      const found = reader.cached("namespaces", "", place.namespace);
      return found ? fromJson(found, namespaceType, provider) : null;
    },
    authorizer: () => authorizerValue(ask),
    "authorizer.requestResource": () => requestResourceValue(ask, aboutOf(request)),
  };
  return remembered((name) => makers[name]?.());
}

/** Asks for each name once. */
export function remembered(make: Variables): Variables {
  const known = new Map<string, Value | undefined>();
  return (name) => {
    if (!known.has(name)) known.set(name, make(name));
    return known.get(name);
  };
}

/** The request as an AdmissionRequest has it, without the objects. */
export function requestJson({ operation, place, caller, draft, old, dryRun }: AdmissionRequest) {
  const { group, version, kind, plural: resource } = place.definition;
  return {
    kind: { group, version, kind },
    resource: { group, version, resource },
    ...(place.subresource === "" ? {} : { subResource: place.subresource }),
    requestKind: { group, version, kind },
    requestResource: { group, version, resource },
    ...(place.subresource === "" ? {} : { requestSubResource: place.subresource }),
    name: (draft ?? old)?.metadata?.name ?? place.name,
    ...(place.namespace === "" ? {} : { namespace: place.namespace }),
    operation: operation.toUpperCase(),
    userInfo: {
      username: caller.user,
      ...(caller.uid === undefined ? {} : { uid: caller.uid }),
      groups: [...caller.groups],
      ...(caller.extra === undefined ? {} : { extra: caller.extra }),
    },
    dryRun,
  };
}

function aboutOf({ place, draft, old }: AdmissionRequest): Omit<AuthorizerQuestion, "verb"> {
  const { group, plural: resource } = place.definition;
  const name = (draft ?? old)?.metadata?.name ?? place.name;
  return { group, resource, subresource: place.subresource, namespace: place.namespace, name };
}

/** Expressions do not wait: an authorizer that does not know at once is an error to them. */
function asker(authorizer: Authorizer, user: User): Ask {
  return (question) => {
    const decided = authorizer(attributesOf(question, user));
    if (decided instanceof Promise) {
      decided.catch(() => undefined);
      return { allowed: false, reason: "", error: "the authorizer did not answer at once" };
    }
    return { allowed: decided.decision === "allow", reason: decided.reason, error: "" };
  };
}

function attributesOf(question: AuthorizerQuestion, caller: User): Attributes {
  const { serviceAccount, verb, path } = question;
  return {
    user: serviceAccount ? accountUser(serviceAccount) : caller,
    verb,
    resourceRequest: path === undefined,
    group: question.group ?? "",
    version: "*",
    resource: question.resource ?? "",
    subresource: question.subresource ?? "",
    namespace: question.namespace ?? "",
    name: question.name ?? "",
    path: path ?? "",
  };
}

const accountUser = ({ namespace, name }: { namespace: string; name: string }): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
});
