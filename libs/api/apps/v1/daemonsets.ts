/** DaemonSets: a pod on every node that fits. */
import type { DaemonSet, DaemonSetUpdateStrategy } from "#proto/gen/k8s/apps/v1.ts";
import { schemaOf } from "#libs/schema/index.ts";
import { semanticEqual } from "../../equality.ts";
import { badRequest, forbidden, invalid, notSupported, required } from "../../errors.ts";
import type { FieldError } from "../../errors.ts";
import { goMap, goStruct } from "../../goform.ts";
import { goQuote } from "../../gotext.ts";
import { defaultPodSpec } from "../../podtemplate/defaults.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import { templateColumns, validateCollisions } from "../../podtemplate/replicas.ts";
import { isEmptySelector, validatePodTemplate } from "../../podtemplate/validate.ts";
import { changedTemplateWarnings } from "../../podtemplate/warnings.ts";
import { ageColumn, labelsText, nameColumn } from "../../printing.ts";
import { defineResource, type PrintColumn } from "../../resource.ts";
import { matchesSelector, selectorOfLabelSelector, selectorText } from "../../selectors.ts";
import {
  atMostAllField,
  countOrPercentField,
  countOrPercentNumber,
  nonNegative,
} from "../../validation/fields.ts";
import { validateLabelSelector, validateSelectorKept } from "../../validation/selectors.ts";
import { everyVerb } from "../../verbs.ts";

export const daemonsets = defineResource<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  singular: "daemonset",
  shortNames: ["ds"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.apps.v1.DaemonSet",
  storageVersionHash: "dd7pWHUlMKQ=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  prepareForCreate: (set) => {
    set.status = {};
    setTemplateGeneration(set, Math.max(templateGenerationOf(set), 1));
    dropDisabledFields(set.spec?.template?.spec);
  },
  prepareForUpdate: (set, old) => {
    set.status = old.status ?? {};
    dropDisabledFields(set.spec?.template?.spec);
    const isSame = semanticEqual(set.spec?.template, old.spec?.template);
    setTemplateGeneration(set, templateGenerationOf(old) + (isSame ? 0 : 1));
  },
  validate,
  validateUpdate: (set, old) => [
    ...validate(set),
    ...validateSelectorKept("spec.selector", set.spec?.selector, old.spec?.selector),
  ],
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: changedTemplateWarnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (set, old) => ({ ...set, spec: old.spec ?? {} }),
      validateUpdate: validateStatus,
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    count("Desired", "How many nodes should have the pod.", "desiredNumberScheduled"),
    count("Current", "How many of them have it.", "currentNumberScheduled"),
    count("Ready", "How many of the pods are ready.", "numberReady"),
    count(
      "Up-to-date",
      "How many of the pods are of the newest template.",
      "updatedNumberScheduled",
    ),
    count("Available", "How many of the pods have been ready for long enough.", "numberAvailable"),
    {
      name: "Node Selector",
      type: "string",
      description: "Labels of the nodes that get the pod.",
      cell: ({ spec }) => labelsText(spec?.template?.spec?.nodeSelector),
    },
    ageColumn,
    ...templateColumns<DaemonSet>(({ spec }) =>
      selectorText(selectorOfLabelSelector(spec?.selector)),
    ),
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

type CountName =
  | "currentNumberScheduled"
  | "numberMisscheduled"
  | "desiredNumberScheduled"
  | "numberReady"
  | "observedGeneration"
  | "updatedNumberScheduled"
  | "numberAvailable"
  | "numberUnavailable"
  | "collisionCount";

function count(name: string, description: string, field: CountName): PrintColumn<DaemonSet> {
  return { name, type: "integer", description, cell: ({ status }) => status?.[field] ?? 0 };
}

/** A field of older versions, which lives on as an annotation. */
const templateGeneration = "deprecated.daemonset.template.generation";

function setDefaults(set: DaemonSet): void {
  set.spec ??= {};
  const { spec } = set;
  // Decoding leaves null where Go has no pointer.
  if (!spec.selector) delete spec.selector;
  setTemplateGeneration(set, templateGenerationOf(set));
  spec.revisionHistoryLimit ??= 10;
  spec.updateStrategy ??= {};
  const { updateStrategy } = spec;
  updateStrategy.type ||= "RollingUpdate";
  if (updateStrategy.type === "RollingUpdate") {
    updateStrategy.rollingUpdate ??= {};
    updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.template ??= {};
  spec.template.spec ??= {};
  defaultPodSpec(spec.template.spec);
}

/** 0 when it is not said. Throws BadRequest for what is no number. */
function templateGenerationOf({ metadata }: DaemonSet): number {
  const text = metadata?.annotations?.[templateGeneration];
  if (text === undefined) return 0;
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw badRequest(
    'DaemonSet in version "v1" cannot be handled as a DaemonSet: ' +
      `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`,
  );
}

function setTemplateGeneration(set: DaemonSet, generation: number): void {
  set.metadata ??= {};
  set.metadata.annotations = {
    ...set.metadata.annotations,
    [templateGeneration]: String(generation),
  };
}

function validate({ spec = {} }: DaemonSet): FieldError[] {
  const { selector, template = {}, updateStrategy = {} } = spec;
  const errors = validateLabelSelector(selector, "spec.selector");
  // What does not parse cannot be compared.
  if (errors.length === 0) {
    const labels = template.metadata?.labels ?? {};
    if (!matchesSelector(selectorOfLabelSelector(selector), labels)) {
      const detail = "`selector` does not match template `labels`";
      const shown = goMap(template.metadata?.labels);
      errors.push(invalid("spec.template.metadata.labels", shown, detail));
    }
  }
  if (selector !== undefined && isEmptySelector(selector)) {
    errors.push(invalid("spec.selector", {}, "empty selector is invalid for daemonset"));
  }
  errors.push(...validatePodTemplate(template, "spec.template"));
  const { restartPolicy = "", activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== "Always") {
    errors.push(notSupported("spec.template.spec.restartPolicy", restartPolicy, ["Always"]));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = "activeDeadlineSeconds in DaemonSet is not Supported";
    errors.push(forbidden("spec.template.spec.activeDeadlineSeconds", detail));
  }
  return [
    ...errors,
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...validateUpdateStrategy(updateStrategy, "spec.updateStrategy"),
    ...nonNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
  ];
}

function validateUpdateStrategy(strategy: DaemonSetUpdateStrategy, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") {
    const shown = goStruct(strategy, schemaOf("k8s.apps.v1.DaemonSetUpdateStrategy"));
    return [notSupported(path, shown, ["RollingUpdate", "OnDelete"])];
  }
  const at = `${path}.rollingUpdate`;
  if (rollingUpdate === undefined) return [required(at, "")];
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  const errors = [
    ...countOrPercentField(`${at}.maxUnavailable`, maxUnavailable),
    ...countOrPercentField(`${at}.maxSurge`, maxSurge),
    ...atMostAllField(`${at}.maxUnavailable`, maxUnavailable),
    ...atMostAllField(`${at}.maxSurge`, maxSurge),
  ];
  const hasUnavailable = countOrPercentNumber(maxUnavailable) !== 0;
  const hasSurge = countOrPercentNumber(maxSurge) !== 0;
  if (hasUnavailable && hasSurge) {
    const detail = "may not be set when maxUnavailable is non-zero";
    errors.push(invalid(`${at}.maxSurge`, maxSurge, detail));
  } else if (!hasUnavailable && !hasSurge) {
    errors.push(required(`${at}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  }
  return errors;
}

const counts: readonly CountName[] = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
];

function validateStatus({ status = {} }: DaemonSet, old: DaemonSet): FieldError[] {
  return [
    ...counts.flatMap((name) => nonNegative(`status.${name}`, status[name])),
    ...validateCollisions(status.collisionCount, old.status?.collisionCount, "status"),
  ];
}
