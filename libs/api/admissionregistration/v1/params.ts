/** Objects that policies take as parameters. */
import type { ParamKind, ParamRef } from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { LabelSelector } from "#proto/gen/k8s/meta/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { dns1035LabelErrors, dns1123SubdomainErrors, pathSegmentErrors } from "../../names.ts";
import { invalidFor } from "../../validation/fields.ts";
import { validateLabelSelector } from "../../validation/selectors.ts";

/** What is wrong with the kind of a policy's parameters. */
export function validateParamKind(
  { apiVersion = "", kind = "" }: ParamKind,
  path: string,
): FieldError[] {
  const errors =
    apiVersion === ""
      ? [required(`${path}.apiVersion`, "")]
      : validateApiVersion(apiVersion, `${path}.apiVersion`);
  if (kind === "") return [...errors, required(`${path}.kind`, "")];
  const texts = dns1035LabelErrors(kind.toLowerCase());
  if (texts.length === 0) return errors;
  const detail = `may have mixed case, but should otherwise match: ${texts.join(",")}`;
  return [...errors, invalid(`${path}.kind`, kind, detail)];
}

function validateApiVersion(apiVersion: string, path: string): FieldError[] {
  const parts = apiVersion.split("/");
  if (parts.length > 2) {
    return [invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  }
  const version = parts.at(-1) ?? "";
  const group = parts.length === 2 ? (parts[0] ?? "") : "";
  const groupTexts = group === "" ? [] : dns1123SubdomainErrors(group);
  const errors = groupTexts.length > 0 ? [invalid(path, group, groupTexts.join(","))] : [];
  if (version === "") return [...errors, invalid(path, apiVersion, "version must be specified")];
  const texts = dns1035LabelErrors(version);
  return texts.length === 0 ? errors : [...errors, invalid(path, version, texts.join(","))];
}

const actions = ["Deny", "Allow"];

/** What is wrong with the parameters that a binding chooses; nothing with none. */
export function validateParamRef(ref: ParamRef | undefined, path: string): FieldError[] {
  if (ref === undefined) return [];
  const { name = "", selector, parameterNotFoundAction: action = "" } = ref;
  const both = name !== "" && selector !== undefined;
  const exclusive = "name and selector are mutually exclusive";
  const errors = name === "" ? [] : invalidFor(`${path}.name`, name, pathSegmentErrors(name));
  if (both) errors.push(forbidden(`${path}.name`, exclusive));
  errors.push(...validateLabelSelector(selector, `${path}.selector`));
  if (both) errors.push(forbidden(`${path}.selector`, exclusive));
  if (name === "" && selector === undefined) {
    errors.push(required(path, "one of name or selector must be specified"));
  }
  const at = `${path}.parameterNotFoundAction`;
  if (action === "") errors.push(required(at, ""));
  else if (!actions.includes(action)) errors.push(notSupported(at, action, actions));
  return errors;
}

/** `v1/ConfigMap`, as `kubectl get` shows it. */
export const paramKindText = (kind: ParamKind | undefined): string =>
  kind === undefined ? "<unset>" : `${kind.apiVersion ?? ""}/${kind.kind ?? ""}`;

/** The name of the parameters, or the selector as Go prints it. */
export function paramRefText(ref: ParamRef | undefined): string {
  const { name = "", namespace = "", selector } = ref ?? {};
  if (name !== "") return `${namespace === "" ? "*" : namespace}/${name}`;
  return selector === undefined ? "<unset>" : selectorText(selector);
}

function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const requirements = matchExpressions.map(({ key = "", operator = "", values = [] }) => {
    const shown = `Key:${key},Operator:${operator},Values:[${values.join(" ")}],`;
    return `LabelSelectorRequirement{${shown}},`;
  });
  return (
    `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${requirements.join("")}},}`
  );
}
