import { expect, test } from "vitest";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { Attributes, Decision } from "./authorize.ts";
import { nodes } from "./node.ts";
import { componentRoles } from "./rbac/bootstrap/componentroles.ts";

const pod: Pod = {
  metadata: { name: "p", namespace: "ns" },
  spec: {
    nodeName: "n1",
    serviceAccountName: "robot",
    imagePullSecrets: [{ name: "pull" }],
    volumes: [
      { name: "a", secret: { secretName: "volume" } },
      { name: "b", projected: { sources: [{ configMap: { name: "projected" } }] } },
      { name: "c", persistentVolumeClaim: { claimName: "claim" } },
      { name: "d", ephemeral: {} },
    ],
    containers: [
      {
        name: "c",
        env: [{ name: "E", valueFrom: { secretKeyRef: { name: "env", key: "k" } } }],
        envFrom: [{ configMapRef: { name: "from" } }],
      },
    ],
  },
};

const authorizer = nodes({
  pods: (namespace) => (namespace === "ns" || namespace === "" ? [pod] : []),
  volumeOf: (_, claim) => (claim === "claim" ? "pv" : undefined),
  rules: componentRoles.find(({ name }) => name === "system:node")?.rules ?? [],
});

function may(verb: string, what: string, more: Partial<Attributes> = {}, node = "n1"): string {
  const [resource = "", name = ""] = what.split(" ");
  const [plural = "", subresource = ""] = resource.split("/");
  const decided = authorizer({
    user: { name: `system:node:${node}`, groups: ["system:nodes"] },
    verb,
    resourceRequest: true,
    group: "",
    version: "v1",
    resource: plural,
    subresource,
    namespace: "ns",
    name,
    path: "",
    ...more,
  }) as Decision;
  return decided.decision === "allow" ? "yes" : decided.reason;
}

const noRelation = "no relationship found between node 'n1' and this object";
const leases = { group: "coordination.k8s.io", namespace: "kube-node-lease" };

test.each<[string, string, string]>([
  ["a mounted secret", may("get", "secrets volume"), "yes"],
  ["a secret of the environment", may("watch", "secrets env"), "yes"],
  ["a secret to pull with", may("get", "secrets pull"), "yes"],
  ["no other secret", may("get", "secrets other"), noRelation],
  [
    "no secret of another node's pods",
    may("get", "secrets volume", {}, "n2"),
    noRelation.replace("n1", "n2"),
  ],
  ["no secret elsewhere", may("get", "secrets volume", { namespace: "o" }), noRelation],
  ["no list of secrets", may("list", "secrets"), "No Object name found"],
  ["no change of secrets", may("update", "secrets volume"), "can only read resources of this type"],
  ["a projected config map", may("get", "configmaps projected"), "yes"],
  ["a config map of the environment", may("get", "configmaps from"), "yes"],
  ["a claim", may("get", "persistentvolumeclaims claim"), "yes"],
  ["an ephemeral claim", may("get", "persistentvolumeclaims p-d"), "yes"],
  ["its volume", may("get", "persistentvolumes pv", { namespace: "" }), "yes"],
  ["no other volume", may("get", "persistentvolumes x", { namespace: "" }), noRelation],
  ["a token", may("create", "serviceaccounts/token robot"), "yes"],
  ["no other token", may("create", "serviceaccounts/token other"), noRelation],
  ["its own node", may("get", "nodes n1", { namespace: "" }), "yes"],
  [
    "no other node",
    may("get", "nodes n2", { namespace: "" }),
    "node 'n1' cannot read 'n2', only its own Node object",
  ],
  ["its own pods", may("get", "pods p"), "yes"],
  ["no other pod", may("get", "pods q"), noRelation],
  ["a mirror pod", may("create", "pods"), "yes"],
  ["services", may("list", "services"), "yes"],
  ["its own lease", may("update", "leases n1", leases), "yes"],
  [
    "no other lease",
    may("update", "leases n2", leases),
    "can only access node lease with the same name as the requesting node",
  ],
  ["no deployments", may("get", "deployments x", { group: "apps" }), ""],
])("a node may see or do: %s", (_, answer, wanted) => expect(answer).toBe(wanted));
