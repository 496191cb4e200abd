/** StatefulSets: numbered pods that keep their names and volumes. */
import type { StatefulSet } from "#proto/gen/k8s/apps/v1.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import { templateColumns } from "../../podtemplate/replicas.ts";
import { changedTemplateWarnings, claimWarnings } from "../../podtemplate/warnings.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { selectorOfLabelSelector, selectorText } from "../../selectors.ts";
import { everyVerb } from "../../verbs.ts";
import { completeClaimTemplates, setDefaults } from "./statefulsets/defaults.ts";
import { validateStatefulSet, validateStatefulSetUpdate } from "./statefulsets/validate.ts";
import { validateStatus } from "./statefulsets/status.ts";

export const statefulsets = defineResource<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  singular: "statefulset",
  shortNames: ["sts"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.apps.v1.StatefulSet",
  storageVersionHash: "H+vl74LkKdo=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  afterDecoding: completeClaimTemplates,
  defaults: setDefaults,
  prepareForCreate: (set) => {
    set.status = {};
    dropDisabled(set);
  },
  prepareForUpdate: (set, old) => {
    set.status = old.status ?? {};
    dropDisabled(set);
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  nameRule: "dnsLabel",
  warnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (set, old) => ({ ...set, spec: old.spec ?? {} }),
      validateUpdate: validateStatus,
      resetFields: ["spec"],
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
    ageColumn,
    // Its selector is not among the columns, as in Kubernetes.
    ...templateColumns<StatefulSet>(selectorOf).filter(({ name }) => name !== "Selector"),
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function selectorOf({ spec }: StatefulSet): string {
  return selectorText(selectorOfLabelSelector(spec?.selector));
}

/** Besides those of the template: MaxUnavailableStatefulSet is off in Kubernetes 1.36. */
function dropDisabled({ spec }: StatefulSet): void {
  dropDisabledFields(spec?.template?.spec);
  if (spec?.updateStrategy?.rollingUpdate) delete spec.updateStrategy.rollingUpdate.maxUnavailable;
}

function warnings(set: StatefulSet, old: StatefulSet | undefined): string[] {
  const { spec = {}, metadata } = set;
  // What did not change was warned of before.
  if (old !== undefined && metadata?.generation === old.metadata?.generation) return [];
  const history =
    "spec.revisionHistoryLimit: a negative value retains all historical revisions; " +
    "a value >= 0 is recommended";
  return [
    ...changedTemplateWarnings(set, old),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, index) =>
      claimWarnings(claim.spec ?? {}, `spec.volumeClaimTemplates[${index}].Spec`),
    ),
    ...((spec.revisionHistoryLimit ?? 0) < 0 ? [history] : []),
  ];
}
