/** Configuration of one kubelet; its instance name is its node's name. */
export interface KubeletConfig {
  readonly runtime: "simulated" | "docker";
  /** Folder for what must survive. */
  readonly data?: string;
  readonly podCidr?: string;
  /** Address that the node and host network pods show. */
  readonly hostIp?: string;
  /** What the node offers; a simulated one 8 CPUs and 32 GiB, others what the machine has. */
  readonly cpus?: number;
  readonly memoryBytes?: number;
  readonly podsMax?: number;
  /**
   * What becomes of the containers when the kubelet is stopped in order: `remove` ends them at
   * once, for a cluster that ends with it. Default `keep`: the next kubelet finds them, as after
   * a crash.
   */
  readonly podsOnStop?: "keep" | "remove";
}
