/** Namespaces: they hold everything else, and end only when they are empty. */
import type { Namespace } from "#proto/gen/k8s/core/v1.ts";
import { invalid, type FieldError } from "../../errors.ts";
import { validateFinalizers } from "../../metadata/validate.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";

/** Holds a namespace until the namespace controller has emptied it. */
const namespaceFinalizer = "kubernetes";

/** Set on every namespace, so that selectors can name one. */
const namespaceNameLabel = "kubernetes.io/metadata.name";

export const namespaces = defineResource<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  singular: "namespace",
  shortNames: ["ns"],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb.filter((verb) => verb !== "deletecollection"),
  message: "k8s.core.v1.Namespace",
  storageVersionHash: "Q3oi5N2YM8M=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: labelWithName,
  prepareForCreate,
  prepareForUpdate,
  validate,
  validateUpdate: validatePodSecurity,
  nameRule: "dnsLabel",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (namespace, old) => ({ ...namespace, spec: old.spec ?? {} }),
      validateUpdate: validateStatus,
      resetFields: ["spec"],
    },
    {
      type: "part",
      name: "finalize",
      merge: (namespace, old) => ({
        ...namespace,
        spec: namespace.spec ?? {},
        status: old.status ?? {},
      }),
      validateUpdate: ({ spec }) => validateFinalizers(spec?.finalizers ?? [], "spec.finalizers"),
      resetFields: ["status"],
    },
  ],
  printColumns: [
    nameColumn,
    { name: "Status", type: "string", cell: ({ status }) => status?.phase ?? "" },
    ageColumn,
  ],
  fieldSelectors: { "status.phase": ({ status }) => status?.phase ?? "" },
  defaultPropagation: "background",
  resetFields: ["status"],
});

/** The name label cannot be changed or taken off: every write puts it back. */
function labelWithName(draft: Namespace): void {
  const name = draft.metadata?.name ?? "";
  if (name === "") return;
  const labels = { ...draft.metadata?.labels, [namespaceNameLabel]: name };
  draft.metadata = { ...draft.metadata, labels };
}

function prepareForCreate(draft: Namespace): void {
  const finalizers = draft.spec?.finalizers ?? [];
  draft.spec = { ...draft.spec, finalizers };
  if (!finalizers.includes(namespaceFinalizer)) {
    draft.spec.finalizers = [...finalizers, namespaceFinalizer];
  }
  draft.status = { phase: "Active" };
  labelWithName(draft);
}

function prepareForUpdate(draft: Namespace, old: Namespace): void {
  draft.spec = { ...draft.spec, finalizers: old.spec?.finalizers ?? [] };
  if (old.status === undefined) delete draft.status;
  else draft.status = old.status;
  labelWithName(draft);
}

function validate(namespace: Namespace): FieldError[] {
  const finalizers = namespace.spec?.finalizers ?? [];
  // One by one under the list's own path: that is how Kubernetes names them on create.
  const errors = finalizers.flatMap((finalizer) =>
    validateFinalizers([finalizer], "spec.finalizers").map((error) => ({
      ...error,
      field: "spec.finalizers",
    })),
  );
  return [...errors, ...validatePodSecurity(namespace)];
}

function validateStatus({ metadata, status }: Namespace): FieldError[] {
  const isDeleted = Boolean(metadata?.deletionTimestamp);
  const wanted = isDeleted ? "Terminating" : "Active";
  const phase = status?.phase ?? "";
  if (phase === wanted) return [];
  const state = isDeleted ? "not empty" : "empty";
  const detail = `may only be '${wanted}' if \`deletionTimestamp\` is ${state}`;
  return [invalid("status.Phase", phase, detail)];
}

const podSecurity = "pod-security.kubernetes.io";
const levels = ["privileged", "baseline", "restricted"];

/** Labels of pod security admission, which refuses a namespace that it could not apply. */
function validatePodSecurity({ metadata }: Namespace): FieldError[] {
  const errors: FieldError[] = [];
  for (const mode of ["enforce", "audit", "warn"]) {
    const level = `${podSecurity}/${mode}`;
    const value = metadata?.labels?.[level];
    if (value !== undefined && !levels.includes(value)) {
      const detail = `must be one of ${levels.join(", ")}`;
      errors.push(invalid(`metadata.labels[${level}]`, value, detail));
    }
    const version = metadata?.labels?.[`${level}-version`];
    if (version === undefined || /^(latest|v1\.(0|[1-9]\d*))$/.test(version)) continue;
    const detail = 'must be "latest" or "v1.x"';
    errors.push(invalid(`metadata.labels[${level}-version]`, version, detail));
  }
  return errors;
}
