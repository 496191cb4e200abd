/** Environment variables and what they refer to. */
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from "#proto/gen/k8s/core/v1.ts";
import { invalid, notSupported, required, type FieldError } from "../errors.ts";
import { configKeyErrors, dns1123LabelErrors, dns1123SubdomainErrors } from "../names.ts";
import { canonicalQuantity } from "../quantity.ts";
import { isZeroQuantity } from "../validation/quantities.ts";
import {
  invalidFor,
  qualifiedNameField,
  requireText,
  unreservedPathField,
} from "../validation/fields.ts";
import { envNameErrors } from "../validation/names.ts";

export function validateEnv(variables: readonly EnvVar[] | undefined, path: string): FieldError[] {
  return (variables ?? []).flatMap((variable, index) => {
    const at = `${path}[${index}]`;
    const { name = "" } = variable;
    const errors =
      name === ""
        ? [required(`${at}.name`, "")]
        : invalidFor(`${at}.name`, name, envNameErrors(name));
    return [...errors, ...validateValueFrom(variable, `${at}.valueFrom`)];
  });
}

const envFieldPaths = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

function validateValueFrom({ value = "", valueFrom }: EnvVar, path: string): FieldError[] {
  if (valueFrom === undefined) return [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  const errors: FieldError[] = [];
  if (fieldRef !== undefined) {
    errors.push(...validateFieldRef(fieldRef, envFieldPaths, `${path}.fieldRef`));
  }
  if (resourceFieldRef !== undefined) {
    errors.push(...validateResourceRef(resourceFieldRef, `${path}.resourceFieldRef`));
  }
  if (configMapKeyRef !== undefined) {
    errors.push(...validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`));
  }
  if (secretKeyRef !== undefined) {
    errors.push(...validateKeyRef(secretKeyRef, `${path}.secretKeyRef`));
  }
  if (fileKeyRef !== undefined) errors.push(...validateFileRef(fileKeyRef, `${path}.fileKeyRef`));
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef];
  const count = sources.filter((source) => source !== undefined).length;
  const detail = sourceCountText(count, value);
  return detail === "" ? errors : [...errors, invalid(path, "", detail)];
}

function sourceCountText(count: number, value: string): string {
  if (count === 0) {
    return (
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, " +
      "`secretKeyRef` or `fileKeyRef`"
    );
  }
  if (value !== "") return "may not be specified when `value` is not empty";
  return count > 1 ? "may not have more than one field specified at a time" : "";
}

/** Fields of a pod that can be asked for, besides one label or annotation. */
const downwardFields = new Set([
  ...envFieldPaths,
  "metadata.annotations",
  "metadata.labels",
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
]);

/** `allowed` in the order in which they are listed (sorted). */
export function validateFieldRef(
  { apiVersion = "", fieldPath = "" }: ObjectFieldSelector,
  allowed: readonly string[],
  path: string,
): FieldError[] {
  if (apiVersion === "") return [required(`${path}.apiVersion`, "")];
  if (fieldPath === "") return [required(`${path}.fieldPath`, "")];
  const failed = (why: string) => {
    const detail = `error converting fieldPath: ${why}`;
    return [invalid(`${path}.fieldPath`, fieldPath, detail)];
  };
  if (apiVersion !== "v1") return failed(`unsupported pod version: ${apiVersion}`);
  const subscripted = /^(?<field>[^[\]]*)\['(?<key>.*)'\]$/.exec(fieldPath)?.groups;
  if (subscripted !== undefined) {
    const { field = "", key = "" } = subscripted;
    if (field === "metadata.labels") return qualifiedNameField(path, key);
    if (field === "metadata.annotations") return qualifiedNameField(path, key.toLowerCase());
    return failed(`field label does not support subscript: ${fieldPath}`);
  }
  // The old name of spec.nodeName.
  const asked = fieldPath === "spec.host" ? "spec.nodeName" : fieldPath;
  if (!downwardFields.has(asked)) return failed(`field label not supported: ${fieldPath}`);
  return allowed.includes(asked) ? [] : [notSupported(`${path}.fieldPath`, asked, allowed)];
}

const containerResources = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const hugePages = /^(limits|requests)\.hugepages-/;

export function validateResourceRef(reference: ResourceFieldSelector, path: string): FieldError[] {
  const { resource = "", divisor = "0" } = reference;
  const errors: FieldError[] = [];
  if (resource === "") errors.push(required(`${path}.resource`, ""));
  else if (!containerResources.includes(resource) && !hugePages.test(resource)) {
    errors.push(notSupported(`${path}.resource`, resource, containerResources));
  }
  return [...errors, ...validateDivisor(resource, divisor, path)];
}

const byteDivisors = [
  ...["1", "1k", "1M", "1G", "1T", "1P", "1E"],
  ...["1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"],
];

function validateDivisor(resource: string, divisor: string, path: string): FieldError[] {
  if (isZeroQuantity(divisor)) return [];
  const kind = divisorKind(resource);
  if (kind === undefined) return [];
  const allowed = kind === "cpu" ? ["1m", "1"] : byteDivisors;
  if (allowed.includes(canonicalQuantity(divisor))) return [];
  const words = kind === "cpu" ? "1m and 1" : byteDivisors.join(", ");
  const detail = `only divisor's values ${words} are supported with the ${kind} resource`;
  return [invalid(`${path}.divisor`, resource, detail)];
}

function divisorKind(resource: string): string | undefined {
  if (resource.endsWith(".cpu")) return "cpu";
  if (resource.endsWith(".memory")) return "memory";
  if (resource.endsWith(".ephemeral-storage")) return "local ephemeral storage";
  return hugePages.test(resource) ? "hugepages" : undefined;
}

/** A key of a config map or of a secret: both are said alike. */
function validateKeyRef({ name = "", key = "" }: ConfigMapKeySelector, path: string): FieldError[] {
  const errors = invalidFor(`${path}.name`, name, dns1123SubdomainErrors(name));
  if (key === "") return [...errors, required(`${path}.key`, "")];
  return [...errors, ...invalidFor(`${path}.key`, key, configKeyErrors(key))];
}

function validateFileRef(reference: FileKeySelector, path: string): FieldError[] {
  const { volumeName = "", path: file = "", key = "" } = reference;
  return [
    ...(volumeName === ""
      ? [required(`${path}.volumeName`, "")]
      : invalidFor(`${path}.volumeName`, volumeName, dns1123LabelErrors(volumeName))),
    ...(key === ""
      ? [required(`${path}.key`, "")]
      : invalidFor(`${path}.key`, key, envNameErrors(key))),
    ...requireText(`${path}.path`, file),
    ...unreservedPathField(`${path}.path`, file),
  ];
}

export function validateEnvFrom(
  sources: readonly EnvFromSource[] | undefined,
  path: string,
): FieldError[] {
  return (sources ?? []).flatMap(({ prefix = "", configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`;
    const errors = prefix === "" ? [] : invalidFor(`${at}.prefix`, prefix, envNameErrors(prefix));
    if (configMapRef !== undefined) {
      errors.push(...sourceNameErrors(configMapRef.name, `${at}.configMapRef.name`));
    }
    if (secretRef !== undefined) {
      errors.push(...sourceNameErrors(secretRef.name, `${at}.secretRef.name`));
    }
    const count = Number(configMapRef !== undefined) + Number(secretRef !== undefined);
    if (count === 0) {
      const detail = "must specify one of: `configMapRef` or `secretRef`";
      errors.push(invalid(path, "", detail));
    } else if (count > 1) {
      errors.push(invalid(path, "", "may not have more than one field specified at a time"));
    }
    return errors;
  });
}

function sourceNameErrors(name = "", path: string): FieldError[] {
  if (name === "") return [required(path, "")];
  return invalidFor(path, name, dns1123SubdomainErrors(name));
}
