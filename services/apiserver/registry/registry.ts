/** The pipeline, put together: which code answers which verb of which subresource. */
import { methodNotSupported, notFound } from "#libs/api/errors.ts";
import { applyPatch } from "#libs/api/patch/content.ts";
import type { Subresource, KubeObject } from "#libs/api/resource.ts";
import { applyObject, applyScale } from "./apply.ts";
import { bindPod, createBinding } from "./binding.ts";
import { keyOf } from "./caches.ts";
import { resourceName, type RegistryContext } from "./context.ts";
import { createObject } from "./create.ts";
import { deleteCollection, deleteObject } from "./delete.ts";
import { evictPod } from "./eviction.ts";
import { patchObject } from "./patch.ts";
import { getVersion, listVersions } from "./read.ts";
import type { Place, Registry } from "./request.ts";
import { getScale, patchScale, updateScale } from "./scale.ts";
import { createToken } from "./token.ts";
import { updateObject } from "./update.ts";
import { startWatch } from "./watch.ts";

/** The pipeline behind both doors. What Kubernetes refuses is thrown as `StatusError`. */
export function createRegistry(context: RegistryContext): Registry {
  return {
    get: async (_caller, place, options) =>
      kindOf(place) === "scale"
        ? getScale(context, place, options)
        : getVersion(context, place, options),
    list: async (_caller, place, options) => listVersions(context, place, options),
    watch: async (_caller, place, options, deliver) => startWatch(context, place, options, deliver),
    create: async (caller, place, body, options) => {
      if (keyOf(place.definition) === "bindings") {
        return createBinding(context, place, body, options);
      }
      if (place.subresource === "") return createObject(context, caller, place, body, options);
      switch (place.subresource) {
        case "binding":
          return bindPod(context, place, body, options);
        case "eviction":
          return evictPod(context, caller, place, body, options);
        case "token":
          return createToken(context, caller, place, body, options);
        default:
          throw methodNotSupported(resourceName(place.definition), "create");
      }
    },
    update: async (caller, place, body, options) =>
      kindOf(place) === "scale"
        ? updateScale(context, caller, place, body, options)
        : updateObject(context, caller, place, body, options),
    patch: async (caller, place, type, body, options) => {
      const isScale = kindOf(place) === "scale";
      if (type === applyPatch) {
        const apply = isScale ? applyScale : applyObject;
        return apply(context, caller, place, body, options);
      }
      const patch = isScale ? patchScale : patchObject;
      return patch(context, caller, place, type, body, options);
    },
    delete: async (caller, place, options) => deleteObject(context, caller, place, options),
    deleteCollection: async (caller, place, list, options) =>
      deleteCollection(context, caller, place, list, options),
  };
}

function kindOf({ definition, subresource }: Place): Subresource<KubeObject>["type"] | "whole" {
  if (subresource === "") return "whole";
  const found = definition.subresources.find(({ name }) => name === subresource);
  if (found === undefined) throw notFound(resourceName(definition), subresource);
  return found.type;
}
