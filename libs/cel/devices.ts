/** What selectors of devices may use (Kubernetes' dynamic-resource-allocation cel). */
import { type CelType, dyn, mapOf, objectOf, opaqueOf, string } from "./celtype.ts";
import { kubernetes } from "./compile.ts";
import type { Environment } from "./environment.ts";

const typeName = "kubernetes.DRADevice";
const quantity = opaqueOf("kubernetes.Quantity");

/** By domain, then by name. */
const byName = (type: CelType) => mapOf(string, mapOf(string, type));

const fields = new Map([
  ["driver", { type: string }],
  ["attributes", { type: byName(dyn) }],
  ["capacity", { type: byName(quantity) }],
]);

/** One variable, `device`. */
export const deviceEnvironment: Environment = kubernetes
  .withTypes({ fields: (name) => (name === typeName ? fields : undefined) })
  .withVariables({ device: objectOf(typeName) })
  .withBind();
