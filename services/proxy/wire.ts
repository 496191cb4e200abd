/** What passes between the proxy's machine and its effects. */
import type { Applied as UserspaceApplied } from "./modes/userspace.ts";

export interface ProxyConfig {
  /** The node whose endpoints a "Local" traffic policy means. Default: all that there are. */
  readonly nodeName?: string;
  readonly mode: "userspace";
  /** Where node ports are reachable. Default: 127.0.0.1. */
  readonly nodePortAddresses?: readonly string[];
}

export type Applied = UserspaceApplied;

const nodePortAddressesDefault = ["127.0.0.1"];

/** Throws with one clear line when the configuration cannot be meant so. */
export function readConfig(config: Partial<ProxyConfig>): Required<ProxyConfig> {
  const { nodeName = "", mode = "userspace" } = config;
  const { nodePortAddresses = nodePortAddressesDefault } = config;
  if (mode !== "userspace") throw new Error(`proxy: no mode ${JSON.stringify(mode)}: userspace`);
  return { nodeName, mode, nodePortAddresses };
}
