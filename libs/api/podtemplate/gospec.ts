/** A pod spec as Kubernetes holds it inside, for the message that shows what an update changed. */
import { schemaOf } from "#libs/schema/index.ts";
import type { PodSpec, PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import { goMap, goName, goStruct, type GoStruct, type GoValue } from "../goform.ts";
import { goJson } from "../gotext.ts";

/** Fields in the internal order, which differs from that of the API. */
const fieldOrder = [
  ...["volumes", "initContainers", "containers", "ephemeralContainers", "restartPolicy"],
  ...["terminationGracePeriodSeconds", "activeDeadlineSeconds", "dnsPolicy", "nodeSelector"],
  ...["serviceAccountName", "automountServiceAccountToken", "nodeName", "securityContext"],
  ...["imagePullSecrets", "hostname", "subdomain", "setHostnameAsFQDN", "affinity"],
  ...["schedulerName", "tolerations", "hostAliases", "priorityClassName", "priority"],
  ...["preemptionPolicy", "dnsConfig", "readinessGates", "runtimeClassName", "overhead"],
  ...["enableServiceLinks", "topologySpreadConstraints", "os", "schedulingGates"],
  ...["resourceClaims", "resources", "hostnameOverride", "schedulingGroup"],
];

/** Fields of the API's spec that stand in the internal security context, at its beginning. */
const hostFields = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];
const contextOrder = [
  ...["seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup", "runAsNonRoot"],
  ...["supplementalGroups", "supplementalGroupsPolicy", "fsGroup", "fsGroupChangePolicy"],
  ...["sysctls", "seccompProfile", "appArmorProfile", "seLinuxChangePolicy"],
];

/** The spec in lines of JSON, one field a line. */
export const goSpecText = (spec: PodSpec): string => goJson(goSpec(spec), 1);

/** A template: its metadata stands in the struct itself, as it looks everywhere. */
export function goTemplate({ metadata, spec = {} }: PodTemplateSpec): GoStruct {
  const labels = goMap(metadata?.labels);
  const annotations = goMap(metadata?.annotations);
  return {
    ...(metadata as GoStruct | undefined),
    ...(labels === null ? {} : { labels }),
    ...(annotations === null ? {} : { annotations }),
    Spec: goSpec(spec),
  };
}

function goSpec(spec: PodSpec): GoStruct {
  const flat = goStruct(spec, schemaOf("k8s.core.v1.PodSpec"));
  const given = flat["SecurityContext"] as GoStruct | null;
  const context = { ...flat, ...given };
  const internal: Record<string, GoValue> = {};
  for (const name of fieldOrder.map(goName)) internal[name] = flat[name] ?? null;
  if (given !== null) internal["SecurityContext"] = pick(context, [...hostFields, ...contextOrder]);
  return internal;
}

function pick(struct: GoStruct, names: readonly string[]): GoStruct {
  return Object.fromEntries(names.map(goName).map((name) => [name, struct[name] ?? null]));
}
