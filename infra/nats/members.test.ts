import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverConfig } from "./config.ts";
import { keptFolders, planMembers } from "./members.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-members-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a server alone lives in the folder itself", async () => {
  const at = join(folder, "one");
  const [member, ...others] = await planMembers(at, 1, "kubus");
  expect(others).toEqual([]);
  expect(member).toMatchObject({ folder: at, name: "kubus" });
  expect(member).not.toHaveProperty("cluster");
  const [again] = await planMembers(at, 1, "kubus");
  expect(again?.token).toBe(member?.token);
});

test("servers of a cluster know each other, and find each other again", async () => {
  const at = join(folder, "three");
  const members = await planMembers(at, 3, "kubus");
  expect(new Set(members.map(({ name }) => name)).size).toBe(3);
  expect(new Set(members.map(({ token }) => token)).size).toBe(1);
  const ports = members.map(({ cluster }) => cluster?.port);
  expect(new Set(ports).size).toBe(3);
  for (const { cluster } of members) {
    const known = [cluster?.port, ...(cluster?.peerPorts ?? [])];
    expect(known.toSorted()).toEqual(ports.toSorted());
  }
  expect(await planMembers(at, 3, "kubus")).toEqual(members);
  expect(await keptFolders(at)).toEqual([at, ...members.map((member) => member.folder)]);
});

test("only a cluster's server has routes, and they carry the password", () => {
  const settings = {
    name: "a",
    port: -1,
    token: "t",
    storeFolder: "/s",
    portsFolder: "/p",
    logFile: "/l",
  };
  expect(serverConfig(settings)).not.toContain("cluster");
  const cluster = { name: "c", port: 1, peerPorts: [2, 3], password: "a/b" };
  const text = serverConfig({ ...settings, cluster });
  expect(text).toContain('password: "a/b"');
  expect(text).toContain('routes: ["nats://route:a%2Fb@127.0.0.1:2", "nats://route:a%2Fb@127');
});
