/** Leases: who holds something, and since when it was last renewed. */
import type { Lease } from "#proto/gen/k8s/coordination/v1.ts";
import { forbidden, invalid, required, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { qualifiedNameField } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";

export const leases = defineResource<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  singular: "lease",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.coordination.v1.Lease",
  storageVersionHash: "gqkMMb/YqFM=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  prepareForCreate: dropStrategy,
  prepareForUpdate: (draft, old) => {
    const hadThem = old.spec?.strategy !== undefined || old.spec?.preferredHolder !== undefined;
    if (!hadThem) dropStrategy(draft);
  },
  validate,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "Holder", type: "string", cell: ({ spec }) => spec?.holderIdentity ?? "" },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

/** Coordinated leader election is off by default, and so are its fields. */
function dropStrategy({ spec }: Lease): void {
  delete spec?.strategy;
  delete spec?.preferredHolder;
}

function validate({ spec = {} }: Lease): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, holderIdentity } = spec;
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    const path = "spec.leaseDurationSeconds";
    errors.push(invalid(path, leaseDurationSeconds, "must be greater than 0"));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    const detail = "must be greater than or equal to 0";
    errors.push(invalid("spec.leaseTransitions", leaseTransitions, detail));
  }
  if (strategy !== undefined) errors.push(...validateStrategy(strategy));
  if (holderIdentity === "") {
    errors.push(invalid("spec.holderIdentity", holderIdentity, "must not be empty"));
  }
  if (spec.preferredHolder && !strategy) {
    const detail = "may only be specified when `strategy` is defined";
    errors.push(forbidden("spec.preferredHolder", detail));
  }
  return errors;
}

function validateStrategy(strategy: string): FieldError[] {
  if (strategy === "") return [required("spec.strategy", "")];
  if (strategy === "OldestEmulationVersion") return [];
  return qualifiedNameField("spec.strategy", strategy);
}
