/** The servers of one cluster's bus: where each of them lives, and how they find each other. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import type { ClusterPlace } from "./config.ts";

export interface Member {
  readonly folder: string;
  readonly name: string;
  readonly token: string;
  /** Absent for a server that stands alone. */
  readonly cluster?: ClusterPlace;
}

/** A server that stands alone lives in the folder itself, the servers of a cluster below it. */
export function memberFolders(folder: string, count: number): string[] {
  if (count === 1) return [folder];
  return Array.from({ length: count }, (_, index) => join(folder, String(index + 1)));
}

/** Whether there is something of an earlier life. */
export const livedBefore = ({ folder }: Member): boolean => existsSync(streamsFolder(folder));

/** Where JetStream keeps its files. */
export const streamsFolder = (folder: string): string => join(folder, "jetstream");

/** Folders in which a server lives or lived. */
export async function keptFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  const below = entries.filter((name) => /^\d+$/.test(name)).map((name) => join(folder, name));
  return [folder, ...below];
}

/** What each of `count` servers is started with; ports and token are those of the life before. */
export async function planMembers(
  folder: string,
  count: number,
  prefix: string,
): Promise<Member[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const token = await keptToken(join(folder, "token"));
  const folders = memberFolders(folder, count);
  if (count === 1) return [{ folder, name: prefix, token }];
  const ports: number[] = [];
  for (const each of folders) ports.push(await keptRoutePort(each));
  return folders.map((each, index) => ({
    folder: each,
    name: `${prefix}-${index + 1}`,
    token,
    cluster: {
      name: prefix,
      port: ports[index] ?? 0,
      peerPorts: ports.filter((_, other) => other !== index),
      password: token,
    },
  }));
}

/** The same over all lives of a cluster, so that a copied command stays valid. */
async function keptToken(file: string): Promise<string> {
  const kept = await readFile(file, "utf8").catch(() => "");
  if (kept !== "") return kept;
  const token = randomBytes(18).toString("base64url");
  await writeFile(file, token, { mode: 0o600 });
  return token;
}

/** Every server has to know the ports of the others before any of them starts. */
async function keptRoutePort(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "route-port");
  const kept = Number(await readFile(file, "utf8").catch(() => "0"));
  const port = (await bindable(kept)) ?? (await bindable(0)) ?? 0;
  await writeFile(file, String(port));
  return port;
}

/** The port when it is free (0: one that is); undefined when another program has it. */
export function bindable(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const chosen = (server.address() as AddressInfo).port;
      server.close(() => resolve(chosen));
    });
  });
}
