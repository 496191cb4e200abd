/** The environment variables of a container: pure, over what was read before. */
import type {
  ConfigMap,
  Container,
  EnvVar,
  EnvVarSource,
  Pod,
  Secret,
} from "#proto/gen/k8s/core/v1.ts";
import type { NodeAmounts } from "../sources.ts";
import { expand } from "./expand.ts";
import { fieldValue, type PodFacts, resourceValue } from "./fields.ts";

/** Something that the container needs is not there; the text is shown to the user. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** What a container's variables refer to; undefined: there is no such object. */
export interface References {
  readonly configMaps: ReadonlyMap<string, ConfigMap | undefined>;
  readonly secrets: ReadonlyMap<string, Secret | undefined>;
}

/** Names of the objects that the variables need. */
export function referencesOf({ env = [], envFrom = [] }: Container): {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
} {
  const configMaps = [
    ...envFrom.map(({ configMapRef }) => configMapRef?.name),
    ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
  ];
  const secrets = [
    ...envFrom.map(({ secretRef }) => secretRef?.name),
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
  ];
  const named = (names: readonly (string | undefined)[]) => [
    ...new Set(names.filter((name) => name !== undefined && name !== "")),
  ];
  return { configMaps: named(configMaps) as string[], secrets: named(secrets) as string[] };
}

export interface EnvironmentInput extends PodFacts {
  readonly container: Container;
  readonly references: References;
  /** Variables of services: anything else of the same name counts more. */
  readonly services: Readonly<Record<string, string>>;
  readonly node: NodeAmounts;
}

/** Name to value. Throws ConfigError for what is missing and not optional. */
export function environmentOf(input: EnvironmentInput): Record<string, string> {
  const { container, services } = input;
  const result: Record<string, string> = { ...fromObjects(input) };
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, input, { ...services, ...result });
    if (value !== undefined) result[variable.name ?? ""] = value;
  }
  return { ...services, ...result };
}

function fromObjects({ container, references }: EnvironmentInput): Record<string, string> {
  const result: Record<string, string> = {};
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? dataOf("configmap", references.configMaps, configMapRef)
      : dataOf("secret", references.secrets, secretRef ?? {});
    for (const [key, value] of Object.entries(data)) result[prefix + key] = value;
  }
  return result;
}

type Kind = "configmap" | "secret";

function dataOf(
  kind: Kind,
  objects: ReadonlyMap<string, ConfigMap | Secret | undefined>,
  { name = "", optional = false }: { readonly name?: string; readonly optional?: boolean },
): Readonly<Record<string, string>> {
  const object = objects.get(name);
  if (object) return kind === "secret" ? decoded(object.data) : (object.data ?? {});
  if (optional) return {};
  throw new ConfigError(`${kind} "${name}" not found`);
}

const decoded = (data: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );

function valueOf(
  { value = "", valueFrom }: EnvVar,
  input: EnvironmentInput,
  before: Readonly<Record<string, string>>,
): string | undefined {
  return valueFrom ? referredValue(valueFrom, input) : expand(value, before);
}

function referredValue(from: EnvVarSource, input: EnvironmentInput): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = from;
  const { references, container, node, pod } = input;
  if (fieldRef) {
    const value = fieldValue(input, fieldRef.fieldPath ?? "");
    if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef) {
    const owner = pod.spec?.containers?.find(({ name }) => name === resourceFieldRef.containerName);
    const value = resourceValue(owner ?? container, resourceFieldRef, node);
    if (value !== undefined) return value;
    throw new ConfigError(`unsupported container resource : ${resourceFieldRef.resource}`);
  }
  if (configMapKeyRef) return keyValue("configmap", references.configMaps, configMapKeyRef, pod);
  if (secretKeyRef) return keyValue("secret", references.secrets, secretKeyRef, pod);
  return "";
}

function keyValue(
  kind: Kind,
  objects: ReadonlyMap<string, ConfigMap | Secret | undefined>,
  reference: { readonly name?: string; readonly key?: string; readonly optional?: boolean },
  pod: Pod,
): string | undefined {
  const { name = "", key = "", optional = false } = reference;
  const value = dataOf(kind, objects, reference)[key];
  if (value !== undefined || optional) return value;
  const shown = kind === "secret" ? "Secret" : "ConfigMap";
  throw new ConfigError(
    `couldn't find key ${key} in ${shown} ${pod.metadata?.namespace ?? ""}/${name}`,
  );
}
