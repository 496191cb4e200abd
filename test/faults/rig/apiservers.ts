/** API servers of the rig, each a process with links of its own to the bus. */
import { join } from "node:path";
import { freePort } from "#libs/testing/nats.ts";
import { ensurePki } from "../../../infra/certs/pki.ts";
import type { ApiServerConfig } from "../../../services/apiserver/config.ts";
import { Child } from "./child.ts";
import { type Linked, linksTo, urlsOf } from "./links.ts";
import type { BusServer } from "./servers.ts";

export interface ApiServer extends Linked {
  readonly port: number;
  readonly token: string;
}

const program = join(import.meta.dirname, "../../../services/apiserver/main.ts");
const token = "the-campaign";

export async function startApiServers(
  folder: string,
  servers: readonly BusServer[],
  count: number,
): Promise<ApiServer[]> {
  if (count === 0) return [];
  const pki = await ensurePki({ folder: join(folder, "pki"), serviceIp: "127.96.0.1" });
  const started: ApiServer[] = [];
  for (let index = 0; index < count; index += 1) {
    const port = await freePort();
    const config: ApiServerConfig = {
      host: "127.0.0.1",
      port,
      tls: { ...pki.apiserver, clientCa: pki.ca },
      serviceAccountKeys: [pki.serviceAccount.publicKey],
      serviceCidr: "127.96.0.0/16",
      tokens: [{ token, user: "campaign", uid: "1", groups: ["system:masters"] }],
    };
    const links = await linksTo(servers);
    const child = new Child({
      name: `apiserver-${index}`,
      program,
      logFile: join(folder, `apiserver-${index}.log`),
      env: {
        KUBUS_NATS_URL: urlsOf(links, index),
        KUBUS_INSTANCE: String(index),
        KUBUS_CONFIG: JSON.stringify(config),
        KUBUS_LOG_LEVEL: "info",
      },
    });
    child.start();
    started.push({ child, links, port, token });
  }
  return started;
}
