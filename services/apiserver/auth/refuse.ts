/** The 403 that a client gets, in Kubernetes' words. */
import { forbiddenError, type StatusError } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import type { Attributes } from "./authorize.ts";

/** 403 in the words of Kubernetes' authorization. `reason` may be empty. */
export function refusal(attributes: Attributes, reason: string): StatusError {
  const why = reason === "" ? "" : `: ${reason}`;
  const { user, verb, group, resource, name } = attributes;
  const who = `User ${goQuote(user.name)} cannot ${verb}`;
  if (!attributes.resourceRequest) {
    const text = `${who} path ${goQuote(attributes.path)}${why}`;
    return forbiddenError({ group: "", name: "" }, "", text);
  }
  const { subresource, namespace } = attributes;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where =
    namespace === "" ? "at the cluster scope" : `in the namespace ${goQuote(namespace)}`;
  const text = `${who} resource ${goQuote(what)} in API group ${goQuote(group)} ${where}${why}`;
  return forbiddenError({ group, name: resource }, name, text);
}
