/** Name resolution inside a pod. */
import type { HostAlias, PodDNSConfig } from "#proto/gen/k8s/core/v1.ts";
import { invalid, required, type FieldError } from "../errors.ts";
import { dnsSubdomainField, invalidFor, ipField } from "../validation/fields.ts";
import { searchDomainErrors } from "../validation/names.ts";

/** Bounds that come from the C library's resolver. */
const nameserversMax = 3;
const searchPathsMax = 32;
const searchListCharactersMax = 2048;

export const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

export function validateDnsConfig(
  config: PodDNSConfig | undefined,
  policy: string | undefined,
  path: string,
): FieldError[] {
  if (policy === "None" && config === undefined) {
    return [required(path, "must provide `dnsConfig` when `dnsPolicy` is None")];
  }
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (policy === "None" && nameservers.length === 0) {
    const detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
    return [required(`${path}.nameservers`, detail)];
  }
  const errors: FieldError[] = [];
  if (nameservers.length > nameserversMax) {
    const detail = `must not have more than ${nameserversMax} nameservers`;
    errors.push(invalid(`${path}.nameservers`, nameservers, detail));
  }
  nameservers.forEach((server, index) => {
    errors.push(...ipField(`${path}.nameservers[${index}]`, server));
  });
  errors.push(...validateSearches(searches, `${path}.searches`));
  options.forEach(({ name = "" }, index) => {
    if (name === "") errors.push(required(`${path}.options[${index}]`, "must not be empty"));
  });
  return errors;
}

function validateSearches(searches: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > searchPathsMax) {
    const detail = `must not have more than ${searchPathsMax} search paths`;
    errors.push(invalid(path, searches, detail));
  }
  if (searches.join(" ").length > searchListCharactersMax) {
    const detail =
      `must not have more than ${searchListCharactersMax} characters ` +
      "(including spaces) in the search list";
    errors.push(invalid(path, searches, detail));
  }
  searches.forEach((search, index) => {
    // The root itself, and a trailing dot, are fine.
    const domain = search.replace(/\.$/, "");
    if (search === ".") return;
    errors.push(...invalidFor(`${path}[${index}]`, domain, searchDomainErrors(domain)));
  });
  return errors;
}

export function validateHostAliases(
  aliases: readonly HostAlias[] | undefined,
  path: string,
): FieldError[] {
  return (aliases ?? []).flatMap(({ ip = "", hostnames = [] }, index) => [
    ...ipField(`${path}[${index}].ip`, ip),
    ...hostnames.flatMap((name, place) =>
      dnsSubdomainField(`${path}[${index}].hostnames[${place}]`, name),
    ),
  ]);
}
