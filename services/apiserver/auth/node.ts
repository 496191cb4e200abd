/**
 * Nodes may do what kubelets do (the rules of the cluster role `system:node`), but see only what
 * their own pods use (Kubernetes' plugin/pkg/auth/authorizer/node).
 */
import type { Pod, Volume } from "#proto/gen/k8s/core/v1.ts";
import { allow, type Attributes, type Authorizer, type Decision, noOpinion } from "./authorize.ts";
import { type PolicyRule, ruleAllows } from "./policy.ts";
import type { User } from "./user.ts";

const userHead = "system:node:";
const nodesGroup = "system:nodes";
const leaseNamespace = "kube-node-lease";

/** What is known of the cluster: asked for each decision. */
export interface NodeFacts {
  /** Pods in a namespace; "" is all. */
  pods(namespace: string): Iterable<Pod>;
  /** Name of the volume that a claim is bound to. */
  volumeOf(namespace: string, claim: string): string | undefined;
  readonly rules: readonly PolicyRule[];
}

export const nodes =
  (facts: NodeFacts): Authorizer =>
  (attributes) => {
    const { user } = attributes;
    if (!isNode(user)) return noOpinion;
    return decide(user.name.slice(userHead.length), attributes, facts);
  };

export const isNode = ({ name, groups }: User): boolean =>
  name.startsWith(userHead) && groups.includes(nodesGroup);

const silent = (reason: string): Decision => ({ decision: "noOpinion", reason });

type Decide = (node: string, attributes: Attributes, facts: NodeFacts) => Decision;

function decide(node: string, attributes: Attributes, facts: NodeFacts): Decision {
  const { group, resource, resourceRequest } = attributes;
  const special = resourceRequest ? specials[`${resource}.${group}`] : undefined;
  return special ? special(node, attributes, facts) : byRules(attributes, facts);
}

const byRules = (attributes: Attributes, { rules }: NodeFacts): Decision =>
  rules.some((rule) => ruleAllows(rule, attributes)) ? allow("") : silent("");

/** Only single objects that a pod of the node uses. */
const related =
  (verbs: readonly string[], others: string, uses: Uses): Decide =>
  (node, attributes, facts) => {
    const { verb, name, namespace, subresource } = attributes;
    if (!verbs.includes(verb)) return silent(others);
    if (subresource !== "") return silent("cannot read subresource");
    if (name === "") return silent("No Object name found");
    return isRelated(node, namespace, name, facts, uses)
      ? allow("")
      : silent(`no relationship found between node '${node}' and this object`);
  };

/** Names of what a pod uses. */
type Uses = (pod: Pod, facts: NodeFacts) => readonly (string | undefined)[];

function isRelated(
  node: string,
  namespace: string,
  name: string,
  facts: NodeFacts,
  uses: Uses,
): boolean {
  for (const pod of facts.pods(namespace)) {
    if (pod.spec?.nodeName === node && uses(pod, facts).includes(name)) return true;
  }
  return false;
}

const volumesOf = ({ spec }: Pod): readonly Volume[] => spec?.volumes ?? [];
const containersOf = ({ spec }: Pod) => [
  ...(spec?.initContainers ?? []),
  ...(spec?.containers ?? []),
  ...(spec?.ephemeralContainers ?? []),
];

const secretsOf: Uses = (pod) => [
  ...(pod.spec?.imagePullSecrets ?? []).map(({ name }) => name),
  ...volumesOf(pod).flatMap(({ secret, projected }) => [
    secret?.secretName,
    ...(projected?.sources ?? []).map((source) => source.secret?.name),
  ]),
  ...containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ...envFrom.map(({ secretRef }) => secretRef?.name),
  ]),
];

const configMapsOf: Uses = (pod) => [
  ...volumesOf(pod).flatMap(({ configMap, projected }) => [
    configMap?.name,
    ...(projected?.sources ?? []).map((source) => source.configMap?.name),
  ]),
  ...containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
    ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ...envFrom.map(({ configMapRef }) => configMapRef?.name),
  ]),
];

const claimsOf: Uses = (pod) =>
  volumesOf(pod).map(({ name, persistentVolumeClaim, ephemeral }) =>
    ephemeral ? `${pod.metadata?.name}-${name}` : persistentVolumeClaim?.claimName,
  );

const boundVolumesOf: Uses = (pod, facts) =>
  claimsOf(pod, facts).map(
    (claim) => claim && facts.volumeOf(pod.metadata?.namespace ?? "", claim),
  );

const accountOf: Uses = ({ spec }) => [spec?.serviceAccountName];

const reads = ["get", "list", "watch"];
const readOnly = "can only read resources of this type";
const onlyOne = "can only get individual resources of this type";

/** An object that has the node's name. */
const namesake =
  (what: string): Decide =>
  (node, attributes, facts) => {
    const { name, verb } = attributes;
    if (verb !== "create" && name !== node) {
      return silent(`can only access ${what} with the same name as the requesting node`);
    }
    return byRules(attributes, facts);
  };

const lease: Decide = (node, attributes, facts) => {
  if (attributes.namespace !== leaseNamespace) {
    return silent(`can only access leases in the "${leaseNamespace}" system namespace`);
  }
  return namesake("node lease")(node, attributes, facts);
};

const accountToken: Decide = (node, attributes, facts) => {
  const { verb, subresource, namespace, name } = attributes;
  if (subresource !== "token") return byRules(attributes, facts);
  if (verb !== "create" || name === "") {
    return silent("can only create tokens for individual service accounts");
  }
  return isRelated(node, namespace, name, facts, accountOf)
    ? allow("")
    : silent(`no relationship found between node '${node}' and this object`);
};

const claim: Decide = (node, attributes, facts) =>
  attributes.subresource === "status"
    ? byRules(attributes, facts)
    : related(["get"], onlyOne, claimsOf)(node, attributes, facts);

/** Another node is nothing to this one. */
const ownNode: Decide = (node, attributes, facts) => {
  const { verb, name, subresource } = attributes;
  if (verb === "get" && subresource === "" && name !== node) {
    return silent(`node '${node}' cannot read '${name}', only its own Node object`);
  }
  return byRules(attributes, facts);
};

const ownPod: Decide = (node, attributes, facts) => {
  const { verb, name, namespace, subresource } = attributes;
  if (verb !== "get" || subresource !== "") return byRules(attributes, facts);
  return isRelated(node, namespace, name, facts, ({ metadata }) => [metadata?.name])
    ? allow("")
    : silent(`no relationship found between node '${node}' and this object`);
};

const specials: Readonly<Record<string, Decide>> = {
  "secrets.": related(reads, readOnly, secretsOf),
  "configmaps.": related(reads, readOnly, configMapsOf),
  "persistentvolumeclaims.": claim,
  "persistentvolumes.": (node, attributes, facts) =>
    related(["get"], onlyOne, boundVolumesOf)(node, { ...attributes, namespace: "" }, facts),
  "serviceaccounts.": accountToken,
  "nodes.": ownNode,
  "pods.": ownPod,
  "leases.coordination.k8s.io": lease,
  "csinodes.storage.k8s.io": namesake("CSINode"),
};
