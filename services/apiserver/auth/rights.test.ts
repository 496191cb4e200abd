import { expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "../admission/plugin.ts";
import type { Caller } from "../registry/request.ts";
import { allow, noOpinion, type Attributes, type Authorizer } from "./authorize.ts";
import { claimRights } from "./claimrights.ts";
import { paramRights } from "./paramrights.ts";

const alice: Caller = { user: "alice", groups: ["g"], manager: "m" };

function requestOf(plural: string, draft: object, more: Partial<AdmissionRequest> = {}) {
  const definition = resources.find((one) => one.plural === plural);
  if (definition === undefined) throw new Error(`nothing serves ${plural}`);
  const place = { definition, subresource: "", namespace: "", name: "a" };
  const request: AdmissionRequest = {
    operation: "create",
    caller: alice,
    place,
    draft: draft as KubeObject,
    old: undefined,
    dryRun: false,
    ...more,
  };
  return request;
}

const readerOf = (policy: object | undefined): AdmissionReader => ({
  cached: () => policy as KubeObject | undefined,
  list: () => [],
  live: () => Promise.resolve(undefined),
  now: 0,
  random: () => 0,
  sleep: () => Promise.resolve(),
});

/** What is refused, and what was asked for it; everything is refused but what is allowed. */
async function refusalOf(
  make: (authorizer: Authorizer) => AdmissionPlugin,
  request: AdmissionRequest,
  { allowed = "", policy }: { readonly allowed?: string; readonly policy?: object } = {},
) {
  const asked: string[] = [];
  const authorizer: Authorizer = (attributes) => {
    asked.push(textOf(attributes));
    return textOf(attributes) === allowed ? allow("") : noOpinion;
  };
  const refused = await Promise.resolve(make(authorizer).validate?.(request, readerOf(policy)))
    .then(() => "")
    .catch(String);
  return { refused, asked };
}

const textOf = ({ verb, group, version, resource, subresource, namespace, name }: Attributes) =>
  [verb, group, version, resource, subresource, namespace, name].join(" ");

const policy = { spec: { paramKind: { apiVersion: "v1", kind: "ConfigMap" } } };
const binding = { spec: { policyName: "p", paramRef: { name: "c", namespace: "n" } } };
const who = "user &{alice  [g] map[]}";

test("a policy's parameters have to be readable", async () => {
  const request = requestOf("validatingadmissionpolicies", policy);
  const asked = ["get  v1 configmaps  * *"];
  const { refused, ...rest } = await refusalOf(paramRights, request);
  expect(rest.asked).toEqual(asked);
  expect(refused).toContain(
    `spec.paramKind: Forbidden: ${who} must have "get" permission on all objects of the ` +
      "referenced paramKind (kind=ConfigMap, apiVersion=v1)",
  );
  const [allowed = ""] = asked;
  expect(await refusalOf(paramRights, request, { allowed })).toEqual({ refused: "", asked });
});

test.each<[string, AdmissionRequest]>([
  ["no parameters", requestOf("mutatingadmissionpolicies", { spec: {} })],
  [
    "the same as before",
    requestOf("mutatingadmissionpolicies", policy, {
      operation: "update",
      old: policy as KubeObject,
    }),
  ],
  [
    "who may everything",
    requestOf("validatingadmissionpolicies", policy, {
      caller: { ...alice, groups: ["system:masters"] },
    }),
  ],
  ["another resource", requestOf("configmaps", policy)],
])("nobody asks about %s", async (_, request) => {
  expect(await refusalOf(paramRights, request)).toEqual({ refused: "", asked: [] });
});

test.each<[string, object | undefined, string, string]>([
  [
    "a policy that is not there",
    undefined,
    "get * * *  n c",
    "unable to get policy p to determine minimum required permissions and " +
      `${who} does not have "get" permission for all groups, versions and resources`,
  ],
  [
    "a kind that nobody serves",
    { spec: { paramKind: { apiVersion: "x.y/v1", kind: "Z" } } },
    "get x.y v1 *  n c",
    "unable to resolve paramKind &{x.y/v1 Z} to determine minimum required permissions and " +
      `${who} does not have "get" permission for all groups, versions and resources`,
  ],
  [
    "parameters",
    policy,
    "get  v1 configmaps  n c",
    `${who} does not have "get" permission on the object referenced by paramRef`,
  ],
])("a binding to %s", async (_, bound, asked, why) => {
  const request = requestOf("validatingadmissionpolicybindings", binding);
  const answer = await refusalOf(
    paramRights,
    request,
    bound === undefined ? {} : { policy: bound },
  );
  expect(answer.asked).toEqual([asked]);
  expect(answer.refused).toContain(`spec.paramRef: Forbidden: ${why}`);
});

const allocation = {
  nodeSelector: {
    nodeSelectorTerms: [
      { matchFields: [{ key: "metadata.name", operator: "In", values: ["node"] }] },
    ],
  },
};
const device = { driver: "d", pool: "p", device: "x" };

function statusOf(status: object, old: object, more: Partial<AdmissionRequest> = {}) {
  const request = requestOf(
    "resourceclaims",
    { status },
    { operation: "update", verb: "patch", old: { status: old } as KubeObject, ...more },
  );
  const place = { ...request.place, subresource: "status", namespace: "n" };
  return { ...request, place };
}

const node = "authentication.kubernetes.io/node-name";
const driver: Caller = {
  user: "system:serviceaccount:n:driver",
  groups: [],
  manager: "m",
  extra: { [node]: ["node"] },
};

test.each<[string, AdmissionRequest, string[]]>([
  ["nothing that changes", statusOf({ allocation }, { allocation }), []],
  [
    "an allocation",
    statusOf({ allocation }, {}),
    ["patch resource.k8s.io v1 resourceclaims binding  "],
  ],
  ["devices of a claim without one", statusOf({ devices: [device] }, {}), []],
  [
    "a new device",
    statusOf({ allocation, devices: [device] }, { allocation }),
    ["arbitrary-node:patch resource.k8s.io v1 resourceclaims driver n d"],
  ],
  [
    "a device that is gone, by who is on its node",
    statusOf({ allocation }, { allocation, devices: [device] }, { caller: driver }),
    [
      "associated-node:patch resource.k8s.io v1 resourceclaims driver n d",
      "arbitrary-node:patch resource.k8s.io v1 resourceclaims driver n d",
    ],
  ],
])("a claim's status with %s", async (_, request, asked) => {
  const answer = await refusalOf(claimRights, request);
  expect(answer.asked).toEqual(asked);
  expect(answer.refused === "").toBe(asked.length === 0);
  const [allowed = ""] = asked;
  expect((await refusalOf(claimRights, request, { allowed })).refused).toBe("");
});

test("a refusal names the right that is missing", async () => {
  const { refused } = await refusalOf(claimRights, statusOf({ allocation }, {}));
  expect(refused).toContain(
    "status.allocation: Forbidden: changing status.allocation or status.reservedFor requires " +
      'resource="resourceclaims/binding", verb="patch" permission: ' +
      'resourceclaims.resource.k8s.io is forbidden: User "alice" cannot patch resource ' +
      '"resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope',
  );
});
