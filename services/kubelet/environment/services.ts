/** Variables by which containers find services, in the form that Docker links once had. Pure. */
import type { Service } from "#proto/gen/k8s/core/v1.ts";

/**
 * Variables of the services of a pod's namespace, and always of the API server. `links`: as the
 * pod's enableServiceLinks.
 */
export function serviceVariables(
  own: readonly Service[],
  masters: readonly Service[],
  links: { readonly isEnabled: boolean },
): Record<string, string> {
  const master = masters.filter(({ metadata }) => metadata?.name === "kubernetes");
  const shown = links.isEnabled ? [...master, ...own] : master;
  return Object.assign({}, ...shown.filter(hasAddress).map(variablesOf)) as Record<string, string>;
}

const hasAddress = ({ spec }: Service) =>
  spec?.clusterIP !== undefined && spec.clusterIP !== "" && spec.clusterIP !== "None";

const inCapitals = (text: string) => text.toUpperCase().replaceAll("-", "_");

function variablesOf({ metadata, spec = {} }: Service): Record<string, string> {
  const name = inCapitals(metadata?.name ?? "");
  const { clusterIP: ip = "", ports = [] } = spec;
  const [first] = ports;
  if (!first) return {};
  const host = ip.includes(":") ? `[${ip}]` : ip;
  const variables: Record<string, string> = {
    [`${name}_SERVICE_HOST`]: ip,
    [`${name}_SERVICE_PORT`]: String(first.port ?? 0),
  };
  for (const { name: portName, port = 0 } of ports) {
    if (portName) variables[`${name}_SERVICE_PORT_${inCapitals(portName)}`] = String(port);
  }
  for (const [index, { port = 0, protocol = "TCP" }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${host}:${port}`;
    const prefix = `${name}_PORT_${port}_${protocol}`;
    if (index === 0) variables[`${name}_PORT`] = url;
    variables[prefix] = url;
    variables[`${prefix}_PROTO`] = protocol.toLowerCase();
    variables[`${prefix}_PORT`] = String(port);
    variables[`${prefix}_ADDR`] = ip;
  }
  return variables;
}
