/** The lines that a user copies next. */
import type { Settings } from "./options.ts";
import type { BusAddress } from "./runners/runner.ts";

export function copyLines(
  { name, context, only }: Pick<Settings, "name" | "context" | "only">,
  bus: BusAddress,
  seconds: string | undefined,
): string {
  const server = natsServerOption(bus);
  const which = name === "kubus" ? "" : ` --name ${name}`;
  const kubectl = context === "kubus" ? "kubectl" : `kubectl --context ${context}`;
  const lines = [
    `${name} runs${seconds === undefined ? "" : ` (${seconds} s)`}. Try:`,
    "",
    ...(only && !only.includes("apiserver") ? [] : [`  ${kubectl} get nodes`]),
    `  nats ${server} sub '${bus.prefix}.>'`,
    `  nats ${server} sub '${bus.prefix}.>' --translate 'npx kubus decode'`,
    `  npx kubus actors${which}`,
  ];
  return `\n${lines.join("\n")}\n`;
}

function natsServerOption({ servers, token }: BusAddress): string {
  if (token === undefined) return `-s ${servers}`;
  const withToken = servers
    .split(",")
    .map((server) => server.replace("://", `://${encodeURIComponent(token)}@`));
  return `-s ${withToken.join(",")}`;
}
