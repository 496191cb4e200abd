/** Every resource type that is served, in the order of discovery. One line adds one. */
import { configmaps } from "./core/v1/configmaps.ts";
import { endpoints } from "./core/v1/endpoints.ts";
import { events } from "./core/v1/events.ts";
import { namespaces } from "./core/v1/namespaces.ts";
import { secrets } from "./core/v1/secrets.ts";
import { serviceaccounts } from "./core/v1/serviceaccounts.ts";
import { services } from "./core/v1/services.ts";
import { leases } from "./coordination/v1/leases.ts";
import { endpointslices } from "./discovery/v1/endpointslices.ts";
import { groupEvents } from "./events/v1/events.ts";
import type { KubeObject, ResourceDefinition } from "./resource.ts";

export const resources: readonly ResourceDefinition[] = [
  configmaps,
  endpoints,
  events,
  namespaces,
  secrets,
  serviceaccounts,
  services,
  leases,
  endpointslices,
  groupEvents,
].map((resource) => resource as unknown as ResourceDefinition<KubeObject>);
