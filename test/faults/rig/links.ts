/** Links from one process to all servers. */
import { Link } from "#libs/testing/link.ts";
import type { Child } from "./child.ts";
import type { BusServer } from "./servers.ts";

/** A process, and its links to all servers. */
export interface Linked {
  readonly child: Child;
  readonly links: readonly Link[];
}

export const linksTo = (servers: readonly BusServer[]): Promise<Link[]> =>
  Promise.all(servers.map(({ nats }) => Link.open(nats.port)));

/** What a process is told to connect to: each prefers another server, so that a cut hits one. */
export function urlsOf(links: readonly Link[], index: number): string {
  const turn = index % Math.max(1, links.length);
  const turned = [...links.slice(turn), ...links.slice(0, turn)];
  return turned.map(({ port }) => `nats://127.0.0.1:${port}`).join(",");
}
