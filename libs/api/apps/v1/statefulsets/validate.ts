/** What stateful sets may ask for (Kubernetes: pkg/apis/apps/validation). */
import { schemaOf } from "#libs/schema/index.ts";
import type {
  StatefulSet,
  StatefulSetPersistentVolumeClaimRetentionPolicy,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from "#proto/gen/k8s/apps/v1.ts";
import type { PodTemplateSpec, Volume } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { goMap, goSelector, goStruct } from "../../../goform.ts";
import { validateClaimSpec } from "../../../podtemplate/claims.ts";
import { isEmptySelector, validatePodTemplate } from "../../../podtemplate/validate.ts";
import { matchesSelector, selectorOfLabelSelector } from "../../../selectors.ts";
import {
  atMostAllField,
  countOrPercentField,
  countOrPercentNumber,
  dnsLabelField,
  nonNegative,
} from "../../../validation/fields.ts";
import { validateLabelSelector } from "../../../validation/selectors.ts";

export function validateStatefulSet({ spec = {} }: StatefulSet): FieldError[] {
  return validateSpec(spec, {
    serviceName: serviceNameErrors(spec),
    template: templateErrors(spec),
    claims: claimErrors(spec),
  });
}

/** What was stored with errors that were none then does not stand in the way of a change. */
export function validateStatefulSetUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const { spec = {} } = set;
  const { spec: before = {} } = old;
  const errors = validateSpec(spec, {
    serviceName: [],
    template: templateErrors(before).length > 0 ? [] : templateErrors(spec),
    claims: claimErrors(before).length > 0 ? [] : claimErrors(spec),
  });
  if (semanticEqual(fixedPart(spec), fixedPart(before))) return errors;
  const detail =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and " +
    "'minReadySeconds' are forbidden";
  return [...errors, forbidden("spec", detail)];
}

function fixedPart({
  selector,
  volumeClaimTemplates,
  serviceName,
  podManagementPolicy,
}: StatefulSetSpec) {
  return { selector, volumeClaimTemplates, serviceName, podManagementPolicy };
}

interface Checked {
  readonly serviceName: readonly FieldError[];
  readonly template: readonly FieldError[];
  readonly claims: readonly FieldError[];
}

function validateSpec(spec: StatefulSetSpec, checked: Checked): FieldError[] {
  const { selector, template = {}, updateStrategy = {}, ordinals } = spec;
  return [
    ...validateManagementPolicy(spec.podManagementPolicy ?? ""),
    ...validateUpdateStrategy(updateStrategy, "spec.updateStrategy"),
    ...validateRetention(
      spec.persistentVolumeClaimRetentionPolicy,
      "spec.persistentVolumeClaimRetentionPolicy",
    ),
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...nonNegative("spec.ordinals.start", ordinals?.start),
    ...checked.serviceName,
    ...validateSelector(selector, "spec.selector"),
    ...validateSelected(spec, "spec"),
    ...checked.template,
    ...validateRestart(template, "spec.template.spec"),
    ...checked.claims,
  ];
}

function validateManagementPolicy(policy: string): FieldError[] {
  const path = "spec.podManagementPolicy";
  if (policy === "") return [required(path, "")];
  if (policy === "OrderedReady" || policy === "Parallel") return [];
  return [invalid(path, policy, "must be 'OrderedReady' or 'Parallel'")];
}

function validateUpdateStrategy(strategy: StatefulSetUpdateStrategy, path: string): FieldError[] {
  const { type = "", rollingUpdate } = strategy;
  const at = `${path}.rollingUpdate`;
  switch (type) {
    case "":
      return [required(path, "")];
    case "OnDelete": {
      if (rollingUpdate === undefined) return [];
      const shown = goForm(strategy)["RollingUpdate"];
      return [invalid(at, shown, "only allowed for updateStrategy 'RollingUpdate'")];
    }
    case "RollingUpdate": {
      if (rollingUpdate === undefined) return [];
      const { partition, maxUnavailable } = rollingUpdate;
      const errors = nonNegative(`${at}.partition`, partition);
      if (maxUnavailable === undefined) return errors;
      const unavailableAt = `${at}.maxUnavailable`;
      errors.push(...countOrPercentField(unavailableAt, maxUnavailable));
      if (countOrPercentNumber(maxUnavailable) === 0) {
        errors.push(invalid(unavailableAt, maxUnavailable, "cannot be 0"));
      }
      return [...errors, ...atMostAllField(unavailableAt, maxUnavailable)];
    }
    default:
      return [invalid(path, goForm(strategy), "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

/** As Go prints the internal type, whose partition is a plain number. */
function goForm({ type, rollingUpdate }: StatefulSetUpdateStrategy) {
  const shown =
    rollingUpdate === undefined
      ? { type }
      : { type, rollingUpdate: { partition: 0, ...rollingUpdate } };
  return goStruct(shown, schemaOf("k8s.apps.v1.StatefulSetUpdateStrategy"));
}

function validateRetention(
  policy: StatefulSetPersistentVolumeClaimRetentionPolicy | undefined,
  path: string,
): FieldError[] {
  if (policy === undefined) return [];
  return (["whenDeleted", "whenScaled"] as const).flatMap((field) => {
    const value = policy[field] ?? "";
    const isKnown = value === "Retain" || value === "Delete";
    return isKnown ? [] : [notSupported(`${path}.${field}`, value, ["Retain", "Delete"])];
  });
}

function serviceNameErrors({ serviceName = "" }: StatefulSetSpec): FieldError[] {
  return serviceName === "" ? [] : dnsLabelField("spec.serviceName", serviceName);
}

function validateSelector(selector: StatefulSetSpec["selector"], path: string): FieldError[] {
  if (selector === undefined) return [required(path, "")];
  const errors = validateLabelSelector(selector, path);
  if (!isEmptySelector(selector)) return errors;
  return [...errors, invalid(path, {}, "empty selector is invalid for statefulset")];
}

function validateSelected({ selector, template }: StatefulSetSpec, path: string): FieldError[] {
  // What does not parse cannot be compared.
  if (validateLabelSelector(selector, "").length > 0) {
    return [invalid(`${path}.selector`, goSelector(selector), "")];
  }
  const labels = template?.metadata?.labels;
  if (matchesSelector(selectorOfLabelSelector(selector), labels ?? {})) return [];
  const detail = "`selector` does not match template `labels`";
  return [invalid(`${path}.template.metadata.labels`, goMap(labels), detail)];
}

/** Mounts may name the claims that every pod of the set gets. */
function templateErrors({
  template = {},
  volumeClaimTemplates = [],
}: StatefulSetSpec): FieldError[] {
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ""));
  const volumes: Volume[] = [
    ...(template.spec?.volumes ?? []).filter(({ name }) => !names.has(name ?? "")),
    ...[...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
  ];
  const filled = { ...template, spec: { ...template.spec, volumes } };
  // What is wrong with the names of claims is said of the claims.
  const ownCount = volumes.length - names.size;
  const isOwn = ({ field }: FieldError) => {
    const index = /^spec\.template\.spec\.volumes\[(\d+)\]/.exec(field)?.[1];
    return index === undefined || Number(index) < ownCount;
  };
  return validatePodTemplate(filled, "spec.template").filter(isOwn);
}

function validateRestart({ spec = {} }: PodTemplateSpec, path: string): FieldError[] {
  const { restartPolicy = "", activeDeadlineSeconds } = spec;
  const errors: FieldError[] = [];
  if (restartPolicy !== "Always") {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, ["Always"]));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = "activeDeadlineSeconds in StatefulSet is not Supported";
    errors.push(forbidden(`${path}.activeDeadlineSeconds`, detail));
  }
  return errors;
}

function claimErrors({ volumeClaimTemplates = [] }: StatefulSetSpec): FieldError[] {
  return volumeClaimTemplates.flatMap(({ spec = {} }, index) =>
    validateClaimSpec(spec, `spec.volumeClaimTemplates[${index}].spec`),
  );
}
