import { expect, test } from "vitest";
import type { APIService, APIServiceSpec } from "#proto/gen/k8s/apiregistration/v1.ts";
import { fieldErrorText } from "../../errors.ts";
import { apiservices } from "./apiservices.ts";
import { localServices } from "./local.ts";

const facts = { now: 0, verb: "create", subresource: "", user: "u", uuid: () => "1" } as const;
const good = { group: "a.b", version: "v1", groupPriorityMinimum: 1, versionPriority: 1 };

test.each<[string, APIServiceSpec, string[]]>([
  ["a local one", {}, []],
  [
    "trust in itself",
    { caBundle: "eHg=" },
    ['spec.caBundle: Invalid value: "2 bytes": local APIServices may not have a caBundle'],
  ],
  [
    "no group",
    { group: "" },
    ['metadata.name: Invalid value: "v1.a.b": must be `spec.version+"."+spec.group`: "v1."'],
  ],
])("%s", (_, spec, expected) => {
  const service = { metadata: { name: "v1.a.b" }, spec: { ...good, ...spec } };
  expect(apiservices.validate(service, facts).map(fieldErrorText)).toEqual(expected);
});

const statusPart = apiservices.subresources.find(({ name }) => name === "status");

test("a status says True, False or Unknown", () => {
  if (statusPart?.type !== "part") throw new Error("no status");
  const service = { status: { conditions: [{ type: "Available", status: "Yes" }] } };
  const errors = statusPart.validateUpdate?.(service, {}, facts) ?? [];
  expect(errors.map(fieldErrorText)).toEqual([
    'status.conditions[0].status: Unsupported value: "Yes": ' +
      'supported values: "True", "False", "Unknown"',
  ]);
});

test.each<[APIService["status"], string]>([
  [{}, "Unknown"],
  [{ conditions: [{ type: "Available", status: "True", reason: "Passed" }] }, "True"],
  [{ conditions: [{ type: "Available", status: "False", reason: "Gone" }] }, "False (Gone)"],
])("%j is shown as %s", (status = {}, expected) => {
  const column = apiservices.printColumns.find(({ name }) => name === "Available");
  expect(column?.cell({ status }, 0)).toBe(expected);
});

test("what a server answers itself", () => {
  const versions = [
    { group: "", version: "v1" },
    { group: "apps", version: "v1" },
    { group: "apps", version: "v1" },
    { group: "nobody.knows", version: "v1" },
  ];
  const local = localServices(versions);
  expect(local.map(({ metadata }) => metadata?.name)).toEqual(["v1.", "v1.apps"]);
  const errors = local.flatMap((service) => apiservices.validate(service, facts));
  expect(errors).toEqual([]);
});
