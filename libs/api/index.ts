/** Every resource type that is served, in the order of discovery. One line adds one. */
import { bindings } from "./core/v1/bindings.ts";
import { configmaps } from "./core/v1/configmaps.ts";
import { endpoints } from "./core/v1/endpoints.ts";
import { events } from "./core/v1/events.ts";
import { limitranges } from "./core/v1/limitranges.ts";
import { namespaces } from "./core/v1/namespaces.ts";
import { nodes } from "./core/v1/nodes.ts";
import { pods } from "./core/v1/pods.ts";
import { replicationcontrollers } from "./core/v1/replicationcontrollers.ts";
import { persistentvolumeclaims } from "./core/v1/persistentvolumeclaims.ts";
import { persistentvolumes } from "./core/v1/persistentvolumes.ts";
import { podtemplates } from "./core/v1/podtemplates.ts";
import { resourcequotas } from "./core/v1/resourcequotas.ts";
import { secrets } from "./core/v1/secrets.ts";
import { serviceaccounts } from "./core/v1/serviceaccounts.ts";
import { services } from "./core/v1/services.ts";
import { controllerrevisions } from "./apps/v1/controllerrevisions.ts";
import { daemonsets } from "./apps/v1/daemonsets.ts";
import { deployments } from "./apps/v1/deployments.ts";
import { replicasets } from "./apps/v1/replicasets.ts";
import { statefulsets } from "./apps/v1/statefulsets.ts";
import { horizontalpodautoscalers } from "./autoscaling/v2/horizontalpodautoscalers.ts";
import { oldHorizontalpodautoscalers } from "./autoscaling/v1/horizontalpodautoscalers.ts";
import { cronjobs } from "./batch/v1/cronjobs.ts";
import { jobs } from "./batch/v1/jobs.ts";
import { certificatesigningrequests } from "./certificates/v1/certificatesigningrequests.ts";
import { leases } from "./coordination/v1/leases.ts";
import { endpointslices } from "./discovery/v1/endpointslices.ts";
import { groupEvents } from "./events/v1/events.ts";
import { ingressclasses } from "./networking/v1/ingressclasses.ts";
import { ingresses } from "./networking/v1/ingresses.ts";
import { ipaddresses } from "./networking/v1/ipaddresses.ts";
import { networkpolicies } from "./networking/v1/networkpolicies.ts";
import { servicecidrs } from "./networking/v1/servicecidrs.ts";
import { poddisruptionbudgets } from "./policy/v1/poddisruptionbudgets.ts";
import { clusterrolebindings } from "./rbac/v1/clusterrolebindings.ts";
import { clusterroles } from "./rbac/v1/clusterroles.ts";
import { rolebindings } from "./rbac/v1/rolebindings.ts";
import { roles } from "./rbac/v1/roles.ts";
import { priorityclasses } from "./scheduling/v1/priorityclasses.ts";
import { flowschemas } from "./flowcontrol/v1/flowschemas.ts";
import { prioritylevelconfigurations } from "./flowcontrol/v1/prioritylevelconfigurations.ts";
import { runtimeclasses } from "./node/v1/runtimeclasses.ts";
import { storageclasses } from "./storage/v1/storageclasses.ts";
import { csidrivers } from "./storage/v1/csidrivers.ts";
import { csinodes } from "./storage/v1/csinodes.ts";
import { csistoragecapacities } from "./storage/v1/csistoragecapacities.ts";
import { volumeattachments } from "./storage/v1/volumeattachments.ts";
import { volumeattributesclasses } from "./storage/v1/volumeattributesclasses.ts";
import { apiservices } from "./apiregistration/v1/apiservices.ts";
import {
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  validatingwebhookconfigurations,
} from "./admissionregistration/v1/index.ts";
import { deviceclasses } from "./resource/v1/deviceclasses.ts";
import { resourceclaims } from "./resource/v1/resourceclaims.ts";
import { resourceclaimtemplates } from "./resource/v1/resourceclaimtemplates.ts";
import { resourceslices } from "./resource/v1/resourceslices.ts";
import { customresourcedefinitions } from "./apiextensions/v1/customresourcedefinitions.ts";
import { apiVersionOf, type KubeObject, type ResourceDefinition } from "./resource.ts";

export const resources: readonly ResourceDefinition[] = [
  bindings,
  configmaps,
  endpoints,
  events,
  limitranges,
  namespaces,
  nodes,
  pods,
  replicationcontrollers,
  persistentvolumeclaims,
  persistentvolumes,
  podtemplates,
  resourcequotas,
  secrets,
  serviceaccounts,
  services,
  controllerrevisions,
  daemonsets,
  deployments,
  replicasets,
  statefulsets,
  horizontalpodautoscalers,
  oldHorizontalpodautoscalers,
  cronjobs,
  jobs,
  certificatesigningrequests,
  leases,
  endpointslices,
  groupEvents,
  ingressclasses,
  ingresses,
  ipaddresses,
  networkpolicies,
  servicecidrs,
  poddisruptionbudgets,
  clusterrolebindings,
  clusterroles,
  rolebindings,
  roles,
  priorityclasses,
  flowschemas,
  prioritylevelconfigurations,
  runtimeclasses,
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  volumeattachments,
  volumeattributesclasses,
  apiservices,
  validatingwebhookconfigurations,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  deviceclasses,
  resourceclaims,
  resourceclaimtemplates,
  resourceslices,
  customresourcedefinitions,
].map((resource) => resource as unknown as ResourceDefinition<KubeObject>);

/** The resource of a kind in a version, as `apiVersion` and `kind` name it. */
export const resourceOfKind = (apiVersion: string, kind: string): ResourceDefinition | undefined =>
  resources.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
