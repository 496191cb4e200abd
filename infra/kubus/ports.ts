/** TCP ports of this machine. */
import { createServer, type AddressInfo } from "node:net";

/** The port when it is free (0: one that is). Rejects with what to do when it is taken. */
export function freePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") {
        reject(new Error(`cannot listen on ${host} port ${port}: ${error.message}`));
        return;
      }
      const advice = "choose another with --port, or any free one with --port 0";
      reject(new Error(`port ${port} on ${host} is taken by another program: ${advice}`));
    });
    server.listen(port, host, () => {
      const chosen = (server.address() as AddressInfo).port;
      server.close(() => resolve(chosen));
    });
  });
}

/** The port of the life before when it is still free, else any free one. */
export const keptOrFreePort = (host: string, kept: number): Promise<number> =>
  freePort(host, kept).catch(() => freePort(host, 0));
