/**
 * What expressions of admission may use (Kubernetes' apiserver pkg/admission/plugin/cel): the
 * object, the one before it, the request, and, by the place, more.
 */
import {
  bool,
  type CelType,
  dyn,
  type FieldDeclaration,
  int,
  listOf,
  mapOf,
  objectOf,
  string,
  timestamp,
  type TypeProvider,
} from "./celtype.ts";
import { kubernetes } from "./compile.ts";
import type { Environment } from "./environment.ts";
import { authorizer, jsonPatch, requestResourceType } from "./functions/authorizer.ts";

type Fields = ReadonlyMap<string, FieldDeclaration>;

const fieldsOf = (fields: Readonly<Record<string, CelType>>): Fields =>
  new Map(Object.entries(fields).map(([name, type]) => [name, { type }]));

const strings = listOf(string);
const kindType = objectOf("kubernetes.GroupVersionKind");
const resourceType = objectOf("kubernetes.GroupVersionResource");

const types: ReadonlyMap<string, Fields> = new Map([
  ["kubernetes.GroupVersionKind", fieldsOf({ group: string, version: string, kind: string })],
  [
    "kubernetes.GroupVersionResource",
    fieldsOf({ group: string, version: string, resource: string }),
  ],
  [
    "kubernetes.UserInfo",
    fieldsOf({ username: string, uid: string, groups: strings, extra: mapOf(string, strings) }),
  ],
  [
    "kubernetes.AdmissionRequest",
    fieldsOf({
      kind: kindType,
      resource: resourceType,
      subResource: string,
      requestKind: kindType,
      requestResource: resourceType,
      requestSubResource: string,
      name: string,
      namespace: string,
      operation: string,
      userInfo: objectOf("kubernetes.UserInfo"),
      dryRun: bool,
      options: dyn,
    }),
  ],
  ["kubernetes.NamespaceSpec", fieldsOf({ finalizers: strings })],
  [
    "kubernetes.NamespaceCondition",
    fieldsOf({
      status: string,
      type: string,
      lastTransitionTime: timestamp,
      message: string,
      reason: string,
    }),
  ],
  [
    "kubernetes.NamespaceStatus",
    fieldsOf({ conditions: listOf(objectOf("kubernetes.NamespaceCondition")), phase: string }),
  ],
  [
    "kubernetes.NamespaceMetadata",
    fieldsOf({
      name: string,
      generateName: string,
      namespace: string,
      labels: mapOf(string, string),
      annotations: mapOf(string, string),
      UID: string,
      creationTimestamp: timestamp,
      deletionGracePeriodSeconds: int,
      deletionTimestamp: timestamp,
      generation: int,
      resourceVersion: string,
      finalizers: strings,
    }),
  ],
  [
    "kubernetes.Namespace",
    fieldsOf({
      metadata: objectOf("kubernetes.NamespaceMetadata"),
      spec: objectOf("kubernetes.NamespaceSpec"),
      status: objectOf("kubernetes.NamespaceStatus"),
    }),
  ],
  ["JSONPatch", fieldsOf({ op: string, path: string, from: string, value: dyn })],
]);

/** A type that has every field. */
class AnyFields extends Map<string, FieldDeclaration> {
  override get(): FieldDeclaration {
    return { type: dyn };
  }
}
const anyFields = new AnyFields();

/** `Object`, `Object.spec` and so on: what an apply configuration is written in. */
const isApplied = (name: string) => name === "Object" || name.startsWith("Object.");

const admissionTypes: TypeProvider = { fields: (name) => types.get(name) };
const patchTypes: TypeProvider = {
  fields: (name) => (isApplied(name) ? anyFields : undefined),
};

export const requestType: CelType = objectOf("kubernetes.AdmissionRequest");
export const namespaceType: CelType = objectOf("kubernetes.Namespace");
export const applyConfigurationType: CelType = objectOf("Object");
export const jsonPatchType: CelType = listOf(objectOf("JSONPatch"));

/** What stands around an expression of admission. */
export interface AdmissionPlace {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** Types of patches: `Object{…}`, `JSONPatch{…}`. */
  readonly hasPatchTypes?: boolean;
}

const basic = kubernetes.withTypes(admissionTypes).withVariables({
  object: dyn,
  oldObject: dyn,
  namespaceObject: namespaceType,
  request: requestType,
});

const kept = new Map<string, Environment>();

/** The environment of a place; the same one each time. */
export function admissionEnvironment(place: AdmissionPlace): Environment {
  const { hasParams, hasAuthorizer, hasPatchTypes = false } = place;
  const key = [hasParams, hasAuthorizer, hasPatchTypes].join();
  const environment = kept.get(key) ?? made({ hasParams, hasAuthorizer, hasPatchTypes });
  kept.set(key, environment);
  return environment;
}

function made({ hasParams, hasAuthorizer, hasPatchTypes }: AdmissionPlace): Environment {
  const variables: Readonly<Record<string, CelType>> = {
    ...(hasParams ? { params: dyn } : {}),
    ...(hasAuthorizer ? { authorizer, "authorizer.requestResource": requestResourceType } : {}),
  };
  const environment = basic.withVariables(variables);
  return hasPatchTypes ? environment.withTypes(patchTypes).withFunctions(jsonPatch) : environment;
}

const variablesTypeName = "kubernetes.variables";

/** The environment with `variables.x` for each of these. */
export function withComposition(
  environment: Environment,
  variables: ReadonlyMap<string, CelType>,
): Environment {
  const fields = new Map([...variables].map(([name, type]) => [name, { type }]));
  return environment
    .withTypes({ fields: (name) => (name === variablesTypeName ? fields : undefined) })
    .withVariables({ variables: objectOf(variablesTypeName) });
}
