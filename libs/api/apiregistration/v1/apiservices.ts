/** APIServices: which server answers for a group and version. */
import type {
  APIService,
  APIServiceCondition,
  APIServiceSpec,
  ServiceReference,
} from "#proto/gen/k8s/apiregistration/v1.ts";
import { invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { goQuote } from "../../gotext.ts";
import { dns1035LabelErrors } from "../../names.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { timeText } from "../../time.ts";
import { dnsSubdomainField, invalidFor, requireText } from "../../validation/fields.ts";
import { portNumberErrors } from "../../validation/names.ts";
import { everyVerb } from "../../verbs.ts";

const portDefault = 443;

export const apiservices = defineResource<APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  singular: "apiservice",
  shortNames: [],
  categories: ["api-extensions"],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.apiregistration.v1.APIService",
  storageVersionHash: "InPBPD7+PqM=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ spec }) => {
    if (spec?.service !== undefined) spec.service.port ??= portDefault;
  },
  prepareForCreate: (draft, { now }) => {
    const isLocal = draft.spec?.service === undefined;
    draft.status = isLocal ? { conditions: [localCondition(now)] } : {};
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? {};
  },
  validate,
  checkedAsNew: true,
  // The name says group and version: `validate` compares.
  nameRule: "pathSegment",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: mergeStatus,
      validateUpdate: ({ status }) => validateConditions(status?.conditions ?? []),
      resetFields: ["spec", "metadata"],
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "Service",
      type: "string",
      description: "Where the server is that answers.",
      cell: ({ spec }) => serviceText(spec?.service),
    },
    {
      name: "Available",
      type: "string",
      description: "Whether that server answers.",
      cell: ({ status }) => availabilityText(status?.conditions ?? []),
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

/** What this very server answers is there as long as it answers at all. */
function localCondition(now: number): APIServiceCondition {
  return {
    type: "Available",
    status: "True",
    lastTransitionTime: timeText(now),
    reason: "Local",
    message: "Local APIServices are always available",
  };
}

function mergeStatus(draft: APIService, old: APIService): APIService {
  const metadata: Record<string, unknown> = { ...draft.metadata };
  for (const field of ["labels", "annotations", "finalizers", "ownerReferences"] as const) {
    const value = old.metadata?.[field];
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  return { ...draft, metadata, spec: old.spec ?? {} };
}

const serviceText = (service: ServiceReference | undefined): string =>
  service === undefined ? "Local" : `${service.namespace ?? ""}/${service.name ?? ""}`;

function availabilityText(conditions: readonly APIServiceCondition[]): string {
  const found = conditions.find(({ type }) => type === "Available");
  if (found === undefined) return "Unknown";
  const { status = "", reason } = found;
  return status === "True" || !reason ? status : `${status} (${reason})`;
}

const groupPriorityMax = 20_000;
const versionPriorityMax = 1000;

function validate({ metadata, spec = {} }: APIService): FieldError[] {
  const { group = "", version = "", groupPriorityMinimum = 0, versionPriority = 0 } = spec;
  const name = metadata?.name ?? "";
  const wanted = `${version}.${group}`;
  const errors: FieldError[] = [];
  if (name !== "" && name !== wanted) {
    const detail = `must be \`spec.version+"."+spec.group\`: ${goQuote(wanted)}`;
    errors.push(invalid("metadata.name", name, detail));
  }
  if (group !== "") errors.push(...dnsSubdomainField("spec.group", group));
  else if (version !== "v1") {
    const detail = "only v1 may have an empty group and it better be legacy kube";
    errors.push(required("spec.group", detail));
  }
  return [
    ...errors,
    ...invalidFor("spec.version", version, dns1035LabelErrors(version)),
    ...priorityField("spec.groupPriorityMinimum", groupPriorityMinimum, groupPriorityMax),
    ...priorityField("spec.versionPriority", versionPriority, versionPriorityMax),
    ...(spec.service === undefined ? refuseTrust(spec) : validateService(spec, spec.service)),
  ];
}

function priorityField(path: string, priority: number, max: number): FieldError[] {
  if (priority > 0 && priority <= max) return [];
  return [invalid(path, priority, `must be positive and less than ${max}`)];
}

/** Nobody connects to this very server. */
function refuseTrust({ caBundle = "", insecureSkipTLSVerify }: APIServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (caBundle !== "") {
    const shown = `${Buffer.from(caBundle, "base64").length} bytes`;
    errors.push(invalid("spec.caBundle", shown, "local APIServices may not have a caBundle"));
  }
  if (insecureSkipTLSVerify === true) {
    const detail = "local APIServices may not have insecureSkipTLSVerify";
    errors.push(invalid("spec.insecureSkipTLSVerify", true, detail));
  }
  return errors;
}

function validateService(spec: APIServiceSpec, service: ServiceReference): FieldError[] {
  const { namespace, name, port = 0 } = service;
  const portTexts = portNumberErrors(port);
  const errors = [
    ...requireText("spec.service.namespace", namespace),
    ...requireText("spec.service.name", name),
  ];
  if (portTexts.length > 0) {
    const detail = `port is not valid: ${portTexts.join(", ")}`;
    errors.push(invalid("spec.service.port", port, detail));
  }
  if (spec.insecureSkipTLSVerify === true && spec.caBundle) {
    const detail = "may not be true if caBundle is present";
    errors.push(invalid("spec.insecureSkipTLSVerify", true, detail));
  }
  return errors;
}

const statuses = ["True", "False", "Unknown"];

function validateConditions(conditions: readonly APIServiceCondition[]): FieldError[] {
  return conditions.flatMap(({ status = "" }, index) => {
    if (statuses.includes(status)) return [];
    return [notSupported(`status.conditions[${index}].status`, status, statuses)];
  });
}
