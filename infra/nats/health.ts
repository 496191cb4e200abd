/** Whether a nats-server answers, by the greeting that it gives everybody who connects. */
import { connect } from "node:net";

const greetMsMax = 1_000;
const defaultPort = 4_222;

/**
 * "ok", or "no answer".
 * @param url without credentials: `nats://127.0.0.1:4222`
 */
export function natsHealth(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replaceAll(/[[\]]/g, ""),
      port: Number(port) || defaultPort,
      timeout: greetMsMax,
    });
    const settle = (health: string) => {
      socket.destroy();
      resolve(health);
    };
    socket.once("data", () => settle("ok"));
    for (const event of ["timeout", "error", "close"]) {
      socket.once(event, () => settle("no answer"));
    }
  });
}
