/** Configuration of the nats-server that Kubus starts. */

export interface ServerSettings {
  /** Shown in the server's log and to clients; no two servers of a cluster have the same. */
  readonly name: string;
  readonly port: number;
  readonly token: string;
  /** Where JetStream keeps its streams. */
  readonly storeFolder: string;
  /** Where the server writes down the port that it chose. */
  readonly portsFolder: string;
  readonly logFile: string;
  /** Absent for a server that stands alone. */
  readonly cluster?: ClusterPlace;
}

/** A server's place among the servers of one cluster, all of them on loopback. */
export interface ClusterPlace {
  readonly name: string;
  /** Where the others reach this one. */
  readonly port: number;
  /** Where this one reaches the others. */
  readonly peerPorts: readonly number[];
  /** Keeps strangers on this machine from joining. */
  readonly password: string;
}

/** Kubernetes objects reach 1.5 MiB, and a batch of the store's log is larger than one object. */
export const payloadMax = 8 * 1024 * 1024;

const routeUser = "route";

/** NATS reads strings with JSON's escapes. */
const quoted = (text: string) => JSON.stringify(text);

/** Every acknowledged message is on the disk (`sync_interval: always`). */
export function serverConfig(settings: ServerSettings): string {
  const { name, port, token, storeFolder, portsFolder, logFile, cluster } = settings;
  return `server_name: ${quoted(name)}
listen: "127.0.0.1:${port}"
max_payload: ${payloadMax}
# A burst of watch events to a busy process is no reason to cut it off.
max_pending: ${64 * 1024 * 1024}
write_deadline: "10s"
# A client that hangs takes its share of what a group of them is asked until it is cut off.
ping_interval: "3s"
ping_max: 3
ports_file_dir: ${quoted(portsFolder)}
log_file: ${quoted(logFile)}
authorization { token: ${quoted(token)} }
jetstream {
  store_dir: ${quoted(storeFolder)}
  sync_interval: always
}
${cluster ? clusterBlock(cluster) : ""}`;
}

function clusterBlock({ name, port, peerPorts, password }: ClusterPlace): string {
  const route = (peer: number) =>
    quoted(`nats://${routeUser}:${encodeURIComponent(password)}@127.0.0.1:${peer}`);
  return `cluster {
  name: ${quoted(name)}
  listen: "127.0.0.1:${port}"
  authorization { user: ${routeUser}, password: ${quoted(password)} }
  routes: [${peerPorts.map(route).join(", ")}]
}
`;
}
