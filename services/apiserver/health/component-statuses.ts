/** componentstatuses: the old form of /readyz. They are asked, not stored. */
import { notFound } from "#libs/api/errors.ts";
import { goJson } from "#libs/api/gotext.ts";
import { componentstatuses } from "#libs/api/core/v1/componentstatuses.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { ComponentStatus } from "#proto/gen/k8s/core/v1.ts";
import type { Registry, Version } from "../registry/request.ts";
import type { Health } from "./health.ts";

export const componentStatuses = componentstatuses as unknown as ResourceDefinition;

/** The registry, and beside it what the health checks say. */
export function withComponentStatuses(registry: Registry, health: Health): Registry {
  const isAsked = (asked: ResourceDefinition) => asked === componentStatuses;
  return {
    ...registry,
    get: async (caller, place, options) => {
      if (!isAsked(place.definition)) return registry.get(caller, place, options);
      const known = health.names("readyz").includes(place.name);
      if (!known) throw notFound({ group: "", name: "componentstatus" }, place.name);
      return statusOf(health, place.name);
    },
    list: async (caller, place, options) => {
      if (!isAsked(place.definition)) return registry.list(caller, place, options);
      const names = health.names("readyz").filter((name) => name !== "ping");
      const versions = await Promise.all(names.map((name) => statusOf(health, name)));
      return { versions, resourceVersion: "", continue: "", remainingItemCount: undefined };
    },
  };
}

async function statusOf(health: Health, name: string): Promise<Version> {
  const answer = await health.answer("readyz", name, { verbose: false, exclude: [] });
  const healthy = answer?.status === 200;
  const object: ComponentStatus = {
    kind: "ComponentStatus",
    apiVersion: "v1",
    metadata: { name },
    conditions: [
      {
        type: "Healthy",
        status: healthy ? "True" : "False",
        message: healthy ? "ok" : (answer?.text.trim() ?? ""),
      },
    ],
  };
  return {
    definition: componentStatuses,
    object: object as KubeObject,
    revision: 0,
    json: Buffer.from(goJson(object)),
    protobuf: codecOf<ComponentStatus>(componentStatuses.message).encode(object),
  };
}
