/** Deployments: replica sets that follow each other as the template changes. */
import type {
  Deployment,
  DeploymentStrategy,
  RollingUpdateDeployment,
} from "#proto/gen/k8s/apps/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { defaultPodSpec } from "../../podtemplate/defaults.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import {
  templateColumns,
  validateCollisions,
  validateReplicaCounts,
} from "../../podtemplate/replicas.ts";
import { validateRequiredSelector, validateSelectedTemplate } from "../../podtemplate/selected.ts";
import { templateWarnings } from "../../podtemplate/warnings.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { selectorOfLabelSelector, selectorText } from "../../selectors.ts";
import {
  atMostAllField,
  countOrPercentField,
  countOrPercentNumber,
  nonNegative,
} from "../../validation/fields.ts";
import { validateSelectorKept } from "../../validation/selectors.ts";
import { everyVerb } from "../../verbs.ts";

export const deployments = defineResource<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  singular: "deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.apps.v1.Deployment",
  storageVersionHash: "8aSe+NMegvE=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  prepareForCreate: (deployment) => {
    deployment.status = {};
    dropDisabledFields(deployment.spec?.template?.spec);
  },
  prepareForUpdate,
  validate,
  validateUpdate: (deployment, old) => [
    ...validate(deployment),
    ...validateSelectorKept("spec.selector", deployment.spec?.selector, old.spec?.selector),
  ],
  nameRule: "dnsSubdomain",
  warnings: templateWarnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: mergeStatus,
      validateUpdate: validateStatusUpdate,
      resetFields: ["spec", "metadata.labels"],
    },
    {
      type: "scale",
      name: "scale",
      specReplicasPath: "spec.replicas",
      statusReplicasPath: "status.replicas",
      selector: selectorOf,
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "Ready",
      type: "string",
      description: "How many pods are ready, of how many wanted.",
      cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    },
    {
      name: "Up-to-date",
      type: "string",
      description: "How many pods are of the newest template.",
      cell: ({ status }) => status?.updatedReplicas ?? 0,
    },
    {
      name: "Available",
      type: "string",
      description: "How many pods have been ready for long enough.",
      cell: ({ status }) => status?.availableReplicas ?? 0,
    },
    ageColumn,
    ...templateColumns<Deployment>(selectorOf),
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function selectorOf({ spec }: Deployment): string {
  return selectorText(selectorOfLabelSelector(spec?.selector));
}

function setDefaults(deployment: Deployment): void {
  deployment.spec ??= {};
  const { spec } = deployment;
  // Decoding leaves null where Go has no pointer.
  if (!spec.selector) delete spec.selector;
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.strategy ??= {};
  spec.strategy.type ||= "RollingUpdate";
  if (spec.strategy.type === "RollingUpdate") {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
    spec.strategy.rollingUpdate.maxSurge ??= "25%";
  }
  spec.template ??= {};
  spec.template.spec ??= {};
  defaultPodSpec(spec.template.spec);
}

/** Annotations are copied to replica sets: the controller must notice when they change. */
function prepareForUpdate(deployment: Deployment, old: Deployment): void {
  deployment.status = old.status ?? {};
  dropDisabledFields(deployment.spec?.template?.spec);
  if (semanticEqual(deployment.metadata?.annotations, old.metadata?.annotations)) return;
  deployment.metadata ??= {};
  deployment.metadata.generation = (old.metadata?.generation ?? 0) + 1;
}

function mergeStatus(deployment: Deployment, old: Deployment): Deployment {
  const metadata = { ...deployment.metadata };
  const labels = old.metadata?.labels;
  if (labels === undefined) delete metadata.labels;
  else metadata.labels = labels;
  return { ...deployment, metadata, spec: old.spec ?? {} };
}

function validate({ spec = {} }: Deployment): FieldError[] {
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  const errors = [
    ...nonNegative("spec.replicas", spec.replicas),
    ...validateRequiredSelector(spec.selector, "spec.selector"),
    ...validateSelectedTemplate(spec.selector, spec.template, "spec"),
    ...validateStrategy(spec.strategy ?? {}, "spec.strategy"),
    ...nonNegative("spec.minReadySeconds", minReadySeconds),
    ...nonNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
    ...nonNegative("spec.progressDeadlineSeconds", deadline),
  ];
  if (deadline === undefined || deadline > minReadySeconds) return errors;
  const detail = "must be greater than minReadySeconds";
  return [...errors, invalid("spec.progressDeadlineSeconds", deadline, detail)];
}

function validateStrategy(strategy: DeploymentStrategy, path: string): FieldError[] {
  const { type = "", rollingUpdate } = strategy;
  const at = `${path}.rollingUpdate`;
  switch (type) {
    case "Recreate": {
      const detail = "may not be specified when strategy `type` is 'Recreate'";
      return rollingUpdate === undefined ? [] : [forbidden(at, detail)];
    }
    case "RollingUpdate":
      return rollingUpdate === undefined
        ? [required(at, "this should be defaulted and never be nil")]
        : validateRollingUpdate(rollingUpdate, at);
    default: {
      const shown = { Type: type, RollingUpdate: shownRollingUpdate(rollingUpdate) };
      return [notSupported(path, shown, ["Recreate", "RollingUpdate"])];
    }
  }
}

function shownRollingUpdate(update: RollingUpdateDeployment | undefined) {
  if (update === undefined) return null;
  return { MaxUnavailable: update.maxUnavailable ?? 0, MaxSurge: update.maxSurge ?? 0 };
}

function validateRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment,
  path: string,
): FieldError[] {
  const at = `${path}.maxUnavailable`;
  const errors = [
    ...countOrPercentField(at, maxUnavailable),
    ...countOrPercentField(`${path}.maxSurge`, maxSurge),
  ];
  if (countOrPercentNumber(maxUnavailable) === 0 && countOrPercentNumber(maxSurge) === 0) {
    errors.push(invalid(at, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  return [...errors, ...atMostAllField(at, maxUnavailable)];
}

function validateStatusUpdate(deployment: Deployment, old: Deployment): FieldError[] {
  const { status = {} } = deployment;
  return [
    ...validateReplicaCounts(status, deploymentCounts, "status"),
    ...validateCollisions(status.collisionCount, old.status?.collisionCount, "status"),
  ];
}

const deploymentCounts = [
  ...(["observedGeneration", "replicas", "updatedReplicas", "readyReplicas"] as const),
  ...(["availableReplicas", "unavailableReplicas", "collisionCount"] as const),
];
