/** Nodes: machines that run pods. */
import type { Node, Taint } from "#proto/gen/k8s/core/v1.ts";
import { duplicate, forbidden, invalid, type FieldError } from "../../errors.ts";
import { validateMetadata } from "../../metadata/validate.ts";
import { labelValueErrors } from "../../names.ts";
import { validateQuantity } from "../../podtemplate/resources.ts";
import { taintEffects } from "../../podtemplate/scheduling.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource, type PrintColumn } from "../../resource.ts";
import { invalidFor, qualifiedNameField, wordField } from "../../validation/fields.ts";
import { cidrErrors, cidrFamily } from "../../validation/names.ts";
import { everyVerb } from "../../verbs.ts";

export const nodes = defineResource<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  singular: "node",
  shortNames: ["no"],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.core.v1.Node",
  storageVersionHash: "XwShjMxG9Fs=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  prepareForCreate: ({ spec }) => {
    delete spec?.configSource;
  },
  prepareForUpdate: keepStatus,
  validate,
  validateUpdate: (node, old) => [
    ...validateMetadata(node.metadata ?? {}, { scope: "Cluster", nameRule: "dnsSubdomain" }),
    ...validate(node),
    ...validateChange(node, old),
  ],
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (node, old) => ({ ...node, spec: old.spec ?? {} }),
      validateUpdate: validateChange,
      resetFields: ["spec"],
    },
    { type: "connect", name: "proxy", kind: "NodeProxyOptions" },
  ],
  printColumns: columns(),
  fieldSelectors: {
    "spec.unschedulable": ({ spec }) => String(spec?.unschedulable ?? false),
  },
  defaultPropagation: "background",
  resetFields: ["status"],
});

/** What can be allocated is all there is, until the kubelet says less. */
function setDefaults(node: Node): void {
  const { spec, status } = node;
  if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  if (spec === undefined) return;
  // Of two ways to say the pods' addresses the older one wins.
  const { podCIDR = "", podCIDRs = [] } = spec;
  if (podCIDR !== "" && podCIDRs[0] !== podCIDR) spec.podCIDRs = [podCIDR];
  else if (podCIDR === "" && podCIDRs[0] !== undefined) spec.podCIDR = podCIDRs[0];
}

function keepStatus(node: Node, old: Node): void {
  // Configuration from config maps is gone; only nodes that had one may keep it.
  if (old.spec?.configSource === undefined) delete node.spec?.configSource;
  if (old.status === undefined) delete node.status;
  else node.status = old.status;
}

function validate(node: Node): FieldError[] {
  const { podCIDRs = [] } = node.spec ?? {};
  return [
    ...validateTaints(node.spec?.taints, "metadata.taints"),
    ...validateResources(node),
    ...validateBlocks(podCIDRs, "spec.podCIDRs"),
  ];
}

/** Kubernetes blames the metadata for taints. */
function validateTaints(taints: readonly Taint[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return (taints ?? []).flatMap((taint, index) => {
    const { key = "", value = "", effect = "", timeAdded } = taint;
    const at = `${path}[${index}]`;
    const valueTexts = labelValueErrors(value);
    const errors = [
      ...qualifiedNameField(`${at}.key`, key),
      ...(valueTexts.length === 0 ? [] : [invalid(`${at}.value`, value, valueTexts.join(";"))]),
      ...wordField(`${at}.effect`, effect, taintEffects),
    ];
    const pair = `${key}:${effect}`;
    if (!seen.has(pair)) {
      seen.add(pair);
      return errors;
    }
    const shown = { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null };
    const detail = "taints must be unique by key and effect pair";
    return [...errors, { ...duplicate(at, shown), detail }];
  });
}

function validateResources({ status = {} }: Node): FieldError[] {
  return (["capacity", "allocatable"] as const).flatMap((list) =>
    Object.entries(status[list] ?? {}).flatMap(([name, quantity]) =>
      validateQuantity(name, quantity, `status.${list}.${name}`),
    ),
  );
}

function validateBlocks(blocks: readonly string[], path: string): FieldError[] {
  const errors = blocks.flatMap((block, index) =>
    invalidFor(`${path}[${index}]`, block, cidrErrors(block)),
  );
  if (blocks.length < 2) return errors;
  const families = new Set(blocks.map(cidrFamily));
  if (blocks.length > 2 || families.size !== 2) {
    const detail = "may specify no more than one CIDR for each IP family";
    errors.push(invalid(path, blocks, detail));
  }
  const seen = new Set<string>();
  blocks.forEach((block, index) => {
    if (seen.has(block)) errors.push(duplicate(`${path}[${index}]`, block));
    seen.add(block);
  });
  return errors;
}

function validateChange(node: Node, old: Node): FieldError[] {
  const { spec = {}, status = {} } = node;
  const errors = validateResources(node);
  const seen = new Set<string>();
  (status.addresses ?? []).forEach(({ type = "", address = "" }, index) => {
    const key = `${type} ${address}`;
    const shown = { Type: type, Address: address };
    if (seen.has(key)) errors.push(duplicate(`status.addresses[${index}]`, shown));
    seen.add(key);
  });
  return [
    ...errors,
    ...validateAssigned(spec, old.spec ?? {}),
    ...validateTaints(spec.taints, "metadata.taints"),
  ];
}

/** Address blocks and the cloud's name of a node are given once. */
function validateAssigned(
  { podCIDRs = [], providerID = "", externalID = "" }: NonNullable<Node["spec"]>,
  old: NonNullable<Node["spec"]>,
): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.podCIDRs ?? [];
  const moved =
    podCIDRs.length === before.length
      ? before.filter((block, index) => block !== podCIDRs[index]).length
      : Math.min(1, before.length);
  for (let count = 0; count < moved; count++) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.push(forbidden("spec.podCIDRs", detail));
  }
  if ((old.providerID ?? "") !== "" && providerID !== old.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.push(forbidden("spec.providerID", detail));
  }
  if (externalID !== (old.externalID ?? "")) {
    errors.push(forbidden("spec.externalID", "may not be updated"));
  }
  return errors;
}

function warnings({ spec = {} }: Node): string[] {
  const { configSource, externalID = "" } = spec;
  const unused = "this field is deprecated, and is unused by Kubernetes";
  return [
    ...(configSource === undefined
      ? []
      : ["spec.configSource: the feature is no longer supported and will not be used"]),
    ...(externalID === "" ? [] : [`spec.externalID: ${unused}`]),
  ];
}

function columns(): PrintColumn<Node>[] {
  const wide = (name: string, description: string, cell: (node: Node) => string) =>
    ({ name, type: "string", priority: 1, description, cell }) as const;
  const address = (type: string) => (node: Node) =>
    (node.status?.addresses ?? []).find((one) => one.type === type)?.address || "<none>";
  const info = (field: "osImage" | "kernelVersion" | "containerRuntimeVersion") => (node: Node) =>
    node.status?.nodeInfo?.[field] || "<unknown>";
  return [
    nameColumn,
    {
      name: "Status",
      type: "string",
      description: "Whether the node is ready, and takes new pods.",
      cell: statusText,
    },
    {
      name: "Roles",
      type: "string",
      description: "What its labels say it is for.",
      cell: rolesText,
    },
    ageColumn,
    {
      name: "Version",
      type: "string",
      description: "The version of its kubelet.",
      cell: ({ status }) => status?.nodeInfo?.kubeletVersion ?? "",
    },
    wide("Internal-IP", "Its address inside the cluster.", address("InternalIP")),
    wide("External-IP", "Its address outside the cluster.", address("ExternalIP")),
    wide("OS-Image", "What it runs on.", info("osImage")),
    wide("Kernel-Version", "The version of its kernel.", info("kernelVersion")),
    wide("Container-Runtime", "What runs its containers.", info("containerRuntimeVersion")),
  ];
}

function statusText({ spec, status }: Node): string {
  const ready = (status?.conditions ?? []).find(({ type }) => type === "Ready");
  const word = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = "node-role.kubernetes.io/";

function rolesText({ metadata }: Node): string {
  const roles = Object.entries(metadata?.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === "kubernetes.io/role" ? [value] : [];
  });
  const named = [...new Set(roles.filter((role) => role !== ""))].sort();
  return named.length === 0 ? "<none>" : named.join(",");
}
