/** Looks at a nats-server that the user runs: whether it does, and what to be warned of. */
import type { NatsConnection } from "@nats-io/nats-core";
import { compareVersions, parseVersion, versionText } from "../tools/version.ts";
import { payloadMax } from "./config.ts";
import { natsVersionMin } from "./version.ts";

/** What is known about the server; undefined where it would not say. */
export interface ServerFacts {
  readonly version: string;
  readonly jetStream: boolean;
  readonly payloadMax: number;
  /** Whether a message is on the disk before it is acknowledged. */
  readonly syncAlways: boolean | undefined;
}

/** The largest object that Kubernetes takes, with room for what is around it. */
const payloadMaxNeeded = 2 * 1024 * 1024;

/** What stands in the way, and what a user should know. Pure. */
export function judgeServer(facts: ServerFacts): {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
} {
  const errors: string[] = [];
  const warnings: string[] = [];
  const version = parseVersion(facts.version);
  if (!version || compareVersions(version, natsVersionMin) < 0) {
    const needed = `${versionText(natsVersionMin)} or newer is needed`;
    errors.push(`nats-server is version ${facts.version}; ${needed}`);
  }
  if (!facts.jetStream) errors.push("JetStream is off; start nats-server with --jetstream");
  if (facts.payloadMax < payloadMaxNeeded) {
    errors.push(
      `max_payload is ${facts.payloadMax} bytes; set it to ${payloadMax} ` +
        `(${payloadMaxNeeded} are the least)`,
    );
  }
  if (facts.syncAlways === false) {
    warnings.push(
      "acknowledged writes can be lost when the machine fails: set `sync_interval: always` " +
        "in the server's jetstream block",
    );
  }
  if (facts.syncAlways === undefined) {
    warnings.push(
      "the server does not say whether it syncs every write: unless its jetstream block has " +
        "`sync_interval: always`, acknowledged writes can be lost when the machine fails",
    );
  }
  return { errors, warnings };
}

const askMs = 500;

/** Asks the server through a connection to it. */
export async function serverFacts(connection: NatsConnection): Promise<ServerFacts> {
  const { info } = connection;
  return {
    version: info?.version ?? "unknown",
    jetStream: info?.jetstream === true,
    payloadMax: info?.max_payload ?? 0,
    syncAlways: await syncAlways(connection),
  };
}

/** Known only to users of the system account; others get no answer. */
async function syncAlways(connection: NatsConnection): Promise<boolean | undefined> {
  try {
    const question = JSON.stringify({ config: true });
    const subject = "$SYS.REQ.SERVER.PING.JSZ";
    const answer = await connection.request(subject, question, { timeout: askMs });
    const { data } = answer.json<{ data?: { config?: { sync_always?: boolean } } }>();
    return data?.config ? data.config.sync_always === true : undefined;
  } catch {
    return undefined;
  }
}
