/** Defaults of pods and pod templates (Kubernetes: pkg/apis/core/v1/defaults.go). */
import type {
  Container,
  EnvVar,
  EphemeralContainer,
  HTTPGetAction,
  Pod,
  PodSpec,
  Probe,
} from "#proto/gen/k8s/core/v1.ts";
import { defaultPullPolicy } from "./image.ts";
import { defaultPodResources } from "./podresources.ts";
import { roundAmounts } from "./resources.ts";
import { defaultFieldRef, defaultResourceRef } from "./references.ts";
import { defaultVolume } from "./volumedefaults.ts";

/** What a pod has and a template has not. */
export function defaultPod(pod: Pod): void {
  pod.spec ??= {};
  const { spec } = pod;
  defaultPodSpec(spec);
  spec.enableServiceLinks ??= true;
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  for (const container of containers) requestFromLimits(container);
  defaultPodResources(spec);
  if (spec.hostNetwork === true) containers.forEach(publishPorts);
  const { status } = pod;
  if (status !== undefined) defaultPodIPs(status);
}

/** Of two ways to say a pod's addresses the older one wins, for the sake of old kubelets. */
function defaultPodIPs(status: NonNullable<Pod["status"]>): void {
  const { podIP = "", podIPs = [] } = status;
  if (podIP !== "" && podIPs[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  else if (podIP === "" && podIPs[0] !== undefined) status.podIP = podIPs[0].ip ?? "";
}

/** Fills a pod spec, of a pod or of a template, in place. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ||= "Always";
  spec.dnsPolicy ||= "ClusterFirst";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= "default-scheduler";
  spec.securityContext ??= {};
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  } else delete spec.serviceAccount;
  // Decoding leaves null where Go has no list; checks that follow rely on one.
  spec.containers ??= [];
  roundAmounts(spec.overhead);
  roundAmounts(spec.resources?.limits);
  roundAmounts(spec.resources?.requests);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? "");
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  roundAmounts(container.resources?.limits);
  roundAmounts(container.resources?.requests);
  for (const port of container.ports ?? []) port.protocol ||= "TCP";
  for (const variable of container.env ?? []) defaultVariable(variable);
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

function defaultVariable({ valueFrom }: EnvVar): void {
  if (valueFrom === undefined) return;
  defaultFieldRef(valueFrom.fieldRef);
  defaultResourceRef(valueFrom.resourceFieldRef);
  if (valueFrom.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  defaultHandler(probe);
  if (probe.grpc !== undefined) probe.grpc.service ??= "";
}

function defaultHandler(handler: { httpGet?: HTTPGetAction } | undefined): void {
  if (handler?.httpGet === undefined) return;
  handler.httpGet.path ||= "/";
  handler.httpGet.scheme ||= "HTTP";
}

/** A limit without a request asks for the whole limit. */
function requestFromLimits({ resources }: Container): void {
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

/** On the host's network every container port is a port of the host. */
function publishPorts({ ports }: Container): void {
  for (const port of ports ?? []) port.hostPort ||= port.containerPort ?? 0;
}
