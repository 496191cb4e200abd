/** CSIDrivers: what a volume driver can and wants. */
import type { CSIDriver, CSIDriverSpec, TokenRequest } from "#proto/gen/k8s/storage/v1.ts";
import { semanticEqual, validateImmutable } from "../../equality.ts";
import { duplicate, invalid, notSupported, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { optionalWordField } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";

export const csidrivers = defineResource<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  singular: "csidriver",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.storage.v1.CSIDriver",
  storageVersionHash: "hL6j/rwBV5w=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  defaults,
  prepareForCreate: dropScaling,
  prepareForUpdate: (draft, old) => {
    if (old.spec?.preventPodSchedulingIfMissing === undefined) dropScaling(draft);
    if (semanticEqual(draft.spec, old.spec)) return;
    // Counted from the first change on: a new driver has no generation.
    draft.metadata = { ...draft.metadata, generation: (old.metadata?.generation ?? 0) + 1 };
  },
  validate: ({ spec }) => validateSpec(spec ?? {}),
  validateUpdate: ({ spec = {} }, { spec: old = {} }) => [
    ...validateSpec(spec),
    // The path is misspelt by Kubernetes too.
    ...validateImmutable("spec.attachedRequired", spec.attachRequired, old.attachRequired),
    ...validateImmutable(
      "spec.volumeLifecycleModes",
      spec.volumeLifecycleModes,
      old.volumeLifecycleModes,
    ),
  ],
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [],
  printColumns: [
    nameColumn,
    {
      name: "AttachRequired",
      type: "boolean",
      cell: ({ spec }) => spec?.attachRequired ?? true,
    },
    {
      name: "PodInfoOnMount",
      type: "boolean",
      cell: ({ spec }) => spec?.podInfoOnMount ?? false,
    },
    {
      name: "StorageCapacity",
      type: "boolean",
      cell: ({ spec }) => spec?.storageCapacity ?? false,
    },
    { name: "TokenRequests", type: "string", cell: audiencesText },
    {
      name: "RequiresRepublish",
      type: "boolean",
      cell: ({ spec }) => spec?.requiresRepublish ?? false,
    },
    {
      name: "Modes",
      type: "string",
      cell: ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(",") || "<none>",
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function audiencesText({ spec }: CSIDriver): string {
  const { tokenRequests = [] } = spec ?? {};
  if (tokenRequests.length === 0) return "<unset>";
  return tokenRequests.map(({ audience }) => audience ?? "").join(",");
}

function defaults(draft: CSIDriver): void {
  draft.spec ??= {};
  const { spec } = draft;
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ["Persistent"];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

/** Scaling by the limits of volumes is off by default, and so is its field. */
function dropScaling({ spec }: CSIDriver): void {
  delete spec?.preventPodSchedulingIfMissing;
}

const groupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];
const lifecycleModes = ["Persistent", "Ephemeral"];
const updatePeriodSecondsMin = 10;

function validateSpec(spec: CSIDriverSpec): FieldError[] {
  const { nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets } = spec;
  const { tokenRequests = [], volumeLifecycleModes = [] } = spec;
  const errors = [
    ...optionalWordField("spec.fsGroupPolicy", spec.fsGroupPolicy, groupPolicies),
    ...validateTokenRequests(tokenRequests),
    ...volumeLifecycleModes
      .filter((mode) => !lifecycleModes.includes(mode))
      .map((mode) => notSupported("spec.volumeLifecycleModes", mode, lifecycleModes)),
  ];
  if (period !== undefined && period < updatePeriodSecondsMin) {
    const detail = "must be greater than or equal to 10 seconds";
    errors.push(invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, detail));
  }
  if (serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0) {
    const detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
    const path = "spec.serviceAccountTokenInSecrets";
    errors.push(invalid(path, serviceAccountTokenInSecrets, detail));
  }
  return errors;
}

const expirationSecondsMin = 600;
const expirationSecondsMax = 2 ** 32;

function validateTokenRequests(requests: readonly TokenRequest[]): FieldError[] {
  const seen = new Set<string>();
  return requests.flatMap(({ audience = "", expirationSeconds: seconds }, index) => {
    const path = `spec.tokenRequests[${index}]`;
    if (seen.has(audience)) return [duplicate(`${path}.audience`, audience)];
    seen.add(audience);
    if (seconds === undefined) return [];
    const at = `${path}.expirationSeconds`;
    if (seconds < expirationSecondsMin) {
      return [invalid(at, seconds, "may not specify a duration less than 10 minutes")];
    }
    if (seconds <= expirationSecondsMax) return [];
    return [invalid(at, seconds, "may not specify a duration larger than 2^32 seconds")];
  });
}

function warnings({ spec = {} }: CSIDriver, old: CSIDriver | undefined): string[] {
  const { tokenRequests = [], serviceAccountTokenInSecrets } = spec;
  if (tokenRequests.length === 0 || serviceAccountTokenInSecrets !== undefined) return [];
  if (old !== undefined && semanticEqual(tokenRequests, old.spec?.tokenRequests)) return [];
  return [
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, " +
      "set to true to prevent possible logging of tokens in volume attributes",
  ];
}
