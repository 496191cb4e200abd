/** The lines that a user copies next. */
import { dataFolder, type Settings } from "./options.ts";
import type { BusAddress } from "./runners/runner.ts";

export function copyLines(
  { name, context, only, data }: Settings,
  bus: BusAddress,
  seconds: string | undefined,
): string {
  const server = natsServerOption(bus);
  const which = whichCluster(name, data);
  const kubectl = context === "kubus" ? "kubectl" : `kubectl --context ${context}`;
  const lines = [
    `${name} runs${seconds === undefined ? "" : ` (${seconds} s)`}. Try:`,
    "",
    ...(only && !only.includes("apiserver") ? [] : [`  ${kubectl} get nodes`]),
    `  nats ${server} sub '${bus.prefix}.>'`,
    `  nats ${server} sub '${bus.prefix}.>' --translate 'npx kubus decode --subject {{Subject}}'`,
    `  npx kubus actors${which}`,
  ];
  return `\n${lines.join("\n")}\n`;
}

/** Options by which the other commands find the cluster; empty for the default one. */
export function whichCluster(name: string, data: string): string {
  const isUsual = data === dataFolder(name, undefined, process.env);
  return `${name === "kubus" ? "" : ` --name ${name}`}${isUsual ? "" : ` --data ${data}`}`;
}

function natsServerOption({ servers, token }: BusAddress): string {
  if (token === undefined) return `-s ${servers}`;
  const withToken = servers
    .split(",")
    .map((server) => server.replace("://", `://${encodeURIComponent(token)}@`));
  return `-s ${withToken.join(",")}`;
}
