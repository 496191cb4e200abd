/** PriorityLevelConfigurations: shares of the API server, and what happens beyond them. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from "#proto/gen/k8s/flowcontrol/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { withStoredMetadata } from "../../metadata/forstatus.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { rangeText } from "../../validation/names.ts";
import { everyVerb } from "../../verbs.ts";
import { mandatoryLevels } from "./bootstrap.ts";
import { validateConditions } from "./conditions.ts";

const sharesDefault = 30;
const queuesDefault = 64;
const handSizeDefault = 8;
const queueLengthDefault = 50;

export const prioritylevelconfigurations = defineResource<PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  plural: "prioritylevelconfigurations",
  singular: "prioritylevelconfiguration",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.flowcontrol.v1.PriorityLevelConfiguration",
  storageVersionHash: "Kir5PVfvNeI=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults,
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? {};
  },
  validate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (draft, old) => ({ ...withStoredMetadata(draft, old), spec: old.spec ?? {} }),
      validateUpdate: ({ status }) => validateConditions(status?.conditions),
      resetFields: ["metadata", "spec"],
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "Type",
      type: "string",
      description: "Whether the level is limited at all.",
      cell: ({ spec }) => spec?.type ?? "",
    },
    {
      name: "NominalConcurrencyShares",
      type: "string",
      description: "The level's part of the server, in relation to those of the others.",
      cell: ({ spec }) => spec?.limited?.nominalConcurrencyShares ?? "<none>",
    },
    {
      name: "Queues",
      type: "string",
      description: "How many queues there are for requests that have to wait.",
      cell: ({ spec }) => queuingOf(spec)?.queues ?? "<none>",
    },
    {
      name: "HandSize",
      type: "string",
      description: "How many of the queues a flow may use.",
      cell: ({ spec }) => queuingOf(spec)?.handSize ?? "<none>",
    },
    {
      name: "QueueLengthLimit",
      type: "string",
      description: "How many requests may wait in one queue.",
      cell: ({ spec }) => queuingOf(spec)?.queueLengthLimit ?? "<none>",
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

const queuingOf = (spec: PriorityLevelConfigurationSpec | undefined) =>
  spec?.limited?.limitResponse?.queuing;

function defaults({ spec }: PriorityLevelConfiguration): void {
  const { limited, exempt } = spec ?? {};
  if (exempt !== undefined) {
    exempt.nominalConcurrencyShares ??= 0;
    exempt.lendablePercent ??= 0;
  }
  if (limited === undefined) return;
  limited.nominalConcurrencyShares ??= sharesDefault;
  limited.lendablePercent ??= 0;
  const { queuing } = limited.limitResponse ?? {};
  if (queuing === undefined) return;
  queuing.queues ||= queuesDefault;
  queuing.handSize ||= handSizeDefault;
  queuing.queueLengthLimit ||= queueLengthDefault;
}

const oldAnnotation = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares";

function validate({ metadata, spec = {}, status }: PriorityLevelConfiguration): FieldError[] {
  const name = metadata?.name ?? "";
  const isOld = metadata?.annotations?.[oldAnnotation] !== undefined;
  const detail = `annotation '${oldAnnotation}' is forbidden`;
  return [
    ...(isOld ? [forbidden("metadata.annotations", detail)] : []),
    ...validateSpec(name, spec),
    ...validateFixed(name, spec),
    ...validateConditions(status?.conditions),
  ];
}

function validateFixed(name: string, spec: PriorityLevelConfigurationSpec): FieldError[] {
  const fixed = mandatoryLevels.find((level) => level.metadata?.name === name)?.spec;
  if (fixed === undefined) return [];
  const shown = goStruct(spec, schemaOf("k8s.flowcontrol.v1.PriorityLevelConfigurationSpec"));
  if (name !== "exempt") {
    if (semanticEqual(spec, fixed)) return [];
    return [invalid("spec", shown, `spec of '${name}' must equal the fixed value`)];
  }
  // How much an administrator's requests count may be said.
  if (semanticEqual({ ...spec, exempt: {} }, { ...fixed, exempt: {} })) return [];
  const detail = `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`;
  return [invalid("spec", shown, detail)];
}

function validateSpec(name: string, spec: PriorityLevelConfigurationSpec): FieldError[] {
  const { type = "", limited, exempt } = spec;
  const errors: FieldError[] = [];
  if ((name === "exempt") !== (type === "Exempt")) {
    errors.push(invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  }
  switch (type) {
    case "Exempt":
      if (limited !== undefined) {
        errors.push(forbidden("spec.limited", "must be nil if the type is not Limited"));
      }
      return [...errors, ...validateShares(exempt ?? {}, "spec.exempt")];
    case "Limited":
      if (exempt !== undefined) {
        errors.push(forbidden("spec.exempt", "must be nil if the type is Limited"));
      }
      if (limited !== undefined) return [...errors, ...validateLimited(limited, "spec.limited")];
      return [...errors, required("spec.limited", "must not be empty when type is Limited")];
    case "":
      return [...errors, required("spec.type", "")];
    default:
      return [...errors, notSupported("spec.type", type, ["Exempt", "Limited"])];
  }
}

function validateShares(level: LimitedPriorityLevelConfiguration, path: string): FieldError[] {
  return [...validateNominal(level, path), ...validateLendable(level, path)];
}

function validateNominal(
  { nominalConcurrencyShares: shares = 0 }: LimitedPriorityLevelConfiguration,
  path: string,
): FieldError[] {
  if (shares >= 0) return [];
  const at = `${path}.nominalConcurrencyShares`;
  return [invalid(at, shares, "must be a non-negative integer")];
}

function validateLendable(
  { lendablePercent: percent = 0 }: LimitedPriorityLevelConfiguration,
  path: string,
): FieldError[] {
  if (percent >= 0 && percent <= 100) return [];
  return [invalid(`${path}.lendablePercent`, percent, rangeText(0, 100))];
}

function validateLimited(limited: LimitedPriorityLevelConfiguration, path: string): FieldError[] {
  const { limitResponse = {}, borrowingLimitPercent: limit = 0 } = limited;
  const errors = [
    ...validateNominal(limited, path),
    ...validateResponse(limitResponse, `${path}.limitResponse`),
    ...validateLendable(limited, path),
  ];
  if (limit >= 0) return errors;
  const detail = "if specified, must be a non-negative integer";
  return [...errors, invalid(`${path}.borrowingLimitPercent`, limit, detail)];
}

function validateResponse({ type = "", queuing }: LimitResponse, path: string): FieldError[] {
  const at = `${path}.queuing`;
  switch (type) {
    case "Reject": {
      const detail = "must be nil if limited.limitResponse.type is not Limited";
      return queuing === undefined ? [] : [forbidden(at, detail)];
    }
    case "Queue": {
      const detail = "must not be empty if limited.limitResponse.type is Limited";
      return queuing === undefined ? [required(at, detail)] : validateQueuing(queuing, at);
    }
    case "":
      return [required(`${path}.type`, "")];
    default:
      return [notSupported(`${path}.type`, type, ["Queue", "Reject"])];
  }
}

const queuesMax = 10_000_000;
/** Bits of a flow's hash that choose its queues. */
const hashBitsMax = 60;

function validateQueuing(queuing: QueuingConfiguration, path: string): FieldError[] {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  const errors: FieldError[] = [];
  const refuse = (field: string, value: number, detail: string) => {
    errors.push(invalid(`${path}.${field}`, value, detail));
  };
  if (queueLengthLimit <= 0) refuse("queueLengthLimit", queueLengthLimit, "must be positive");
  if (queues <= 0) refuse("queues", queues, "must be positive");
  else if (queues > queuesMax) refuse("queues", queues, `must not be greater than ${queuesMax}`);
  if (handSize <= 0) refuse("handSize", handSize, "must be positive");
  else if (handSize > queues) {
    refuse("handSize", handSize, `should not be greater than queues (${queues})`);
  } else if (Math.ceil(Math.log2(queues) * handSize) > hashBitsMax) {
    const need = `required entropy bits of deckSize ${queues} and handSize ${handSize}`;
    refuse("handSize", handSize, `${need} should not be greater than ${hashBitsMax}`);
  }
  return errors;
}
