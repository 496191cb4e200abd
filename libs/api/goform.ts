/**
 * Objects as Go's encoding/json prints Kubernetes' internal types, which have no JSON tags: every
 * field, under its Go name, in the order of declaration. Some messages show them.
 */
import type { FieldSchema, MessageSchema } from "#libs/schema/schema.ts";
import type { LabelSelector } from "#proto/gen/k8s/meta/v1.ts";
import { canonicalQuantity } from "./quantity.ts";

export type GoValue = null | string | number | boolean | GoValue[] | GoStruct;
export interface GoStruct {
  [field: string]: GoValue;
}

type Fields = Readonly<Record<string, unknown>>;

/** JSON names whose Go names are not just capitalized. */
const goNames: Readonly<Record<string, string>> = {
  apiGroup: "APIGroup",
  apiGroups: "APIGroups",
  apiVersion: "APIVersion",
  awsElasticBlockStore: "AWSElasticBlockStore",
  cel: "CEL",
  cephfs: "CephFS",
  csi: "CSI",
  dnsConfig: "DNSConfig",
  dnsPolicy: "DNSPolicy",
  fc: "FC",
  fsGroup: "FSGroup",
  fsGroupChangePolicy: "FSGroupChangePolicy",
  fsType: "FSType",
  gcePersistentDisk: "GCEPersistentDisk",
  gmsaCredentialSpec: "GMSACredentialSpec",
  gmsaCredentialSpecName: "GMSACredentialSpecName",
  grpc: "GRPC",
  httpGet: "HTTPGet",
  httpHeaders: "HTTPHeaders",
  ip: "IP",
  ips: "IPs",
  iqn: "IQN",
  iscsi: "ISCSI",
  iscsiInterface: "ISCSIInterface",
  nfs: "NFS",
  os: "OS",
  pdID: "PdID",
  pdName: "PDName",
  rbd: "RBD",
  scaleIO: "ScaleIO",
  seLinuxChangePolicy: "SELinuxChangePolicy",
  seLinuxOptions: "SELinuxOptions",
  storageos: "StorageOS",
  tcpSocket: "TCPSocket",
  tty: "TTY",
  uid: "UID",
  wwids: "WWIDs",
};

export const goName = (name: string): string =>
  goNames[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Labels and other maps, in the order in which Go prints them; null for none. */
export function goMap(map: Readonly<Record<string, string>> | undefined): GoStruct | null {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** A label selector, whose type has JSON tags; null for none. */
export function goSelector(selector: LabelSelector | undefined): GoValue {
  if (selector === undefined) return null;
  const { matchLabels, matchExpressions = [] } = selector;
  const labels = goMap(matchLabels);
  const expressions = matchExpressions.map(({ key = "", operator = "", values = [] }) => ({
    key,
    operator,
    ...(values.length > 0 ? { values } : {}),
  }));
  return {
    ...(labels === null ? {} : { matchLabels: labels }),
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
  };
}

/** A message as its internal struct. */
export function goStruct(value: unknown, schema: MessageSchema): GoStruct {
  const fields = (value ?? {}) as Fields;
  const struct: GoStruct = {};
  for (const field of schema.fields) {
    if (field.inline && field.message !== undefined) {
      Object.assign(struct, goStruct(fields, field.message));
    } else struct[goName(field.name)] = goField(fields[field.name], field);
  }
  return struct;
}

function goField(value: unknown, field: FieldSchema): GoValue {
  switch (field.cardinality) {
    case "list": {
      // A list that is there is no null, even when nothing is in it.
      const items = (value ?? null) as readonly unknown[] | null;
      return items && items.map((item) => goSingle(item, field));
    }
    case "map": {
      const entries = Object.entries((value ?? {}) as Fields).sort(([a], [b]) => (a < b ? -1 : 1));
      if (entries.length === 0) return null;
      return Object.fromEntries(entries.map(([key, item]) => [key, goSingle(item, field)]));
    }
    case "single":
      return value === undefined && field.pointer ? null : goSingle(value, field);
  }
}

function goSingle(value: unknown, { kind, message }: FieldSchema): GoValue {
  if (message === undefined) return goScalar(value, kind);
  switch (message.form) {
    case "struct":
      // Types of meta.k8s.io have tags, and so look as they do everywhere.
      if (message.name.startsWith("k8s.meta.")) return plain(value ?? {});
      return goStruct(value, message);
    case "quantity":
      return canonicalQuantity(String(value ?? "0"));
    case "intOrString":
      return plain(value ?? 0);
    default:
      return plain(value ?? null);
  }
}

function goScalar(value: unknown, kind: FieldSchema["kind"]): GoValue {
  if (value !== undefined) return plain(value);
  if (kind === "bool") return false;
  return kind === "string" || kind === "bytes" || kind === "enum" ? "" : 0;
}

const plain = (value: unknown): GoValue => value as GoValue;
