/** Configuration of the nats-server that Kubus starts. */

export interface ServerSettings {
  /** Shown in the server's log and to clients. */
  readonly name: string;
  readonly port: number;
  readonly token: string;
  /** Where JetStream keeps its streams. */
  readonly storeFolder: string;
  /** Where the server writes down the port that it chose. */
  readonly portsFolder: string;
  readonly logFile: string;
}

/** Kubernetes objects reach 1.5 MiB, and a batch of the store's log is larger than one object. */
export const payloadMax = 8 * 1024 * 1024;

/** NATS reads strings with JSON's escapes. */
const quoted = (text: string) => JSON.stringify(text);

/** Every acknowledged message is on the disk (`sync_interval: always`). */
export function serverConfig(settings: ServerSettings): string {
  const { name, port, token, storeFolder, portsFolder, logFile } = settings;
  return `server_name: ${quoted(name)}
listen: "127.0.0.1:${port}"
max_payload: ${payloadMax}
# A burst of watch events to a busy process is no reason to cut it off.
max_pending: ${64 * 1024 * 1024}
write_deadline: "10s"
ports_file_dir: ${quoted(portsFolder)}
log_file: ${quoted(logFile)}
authorization { token: ${quoted(token)} }
jetstream {
  store_dir: ${quoted(storeFolder)}
  sync_interval: always
}
`;
}
