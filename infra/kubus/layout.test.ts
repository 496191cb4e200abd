import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type AskedLayout,
  type Layout,
  readLayout,
  settleLayout,
  usualLayout,
  writeLayout,
} from "./layout.ts";

const three: Layout = { ...usualLayout, busServers: 3, replicas: 3 };

describe("a layout", () => {
  test.each<[string, AskedLayout, Layout | undefined, boolean, Partial<Layout>]>([
    ["is the usual one in a new folder", {}, undefined, false, usualLayout],
    ["has a copy on every server", { busServers: 3 }, undefined, false, three],
    ["stays as it was", {}, { ...three, stores: 2, historyMsMax: 1 }, false, { stores: 2 }],
    ["gets more stores", { stores: 3 }, three, false, { ...three, stores: 3 }],
    ["gets one API server again", { apiservers: 1 }, { ...three, apiservers: 2 }, false, three],
    ["has copies on servers of the user's", { replicas: 3 }, undefined, true, { replicas: 3 }],
    ["keeps those copies", {}, { ...usualLayout, replicas: 3 }, true, { replicas: 3 }],
    ["may have fewer of them later", { replicas: 1 }, three, true, { replicas: 1 }],
    ["remembers own servers", {}, three, true, { busServers: 3 }],
    ["goes back to them", {}, { ...three, replicas: 1 }, false, three],
    ["has none before they ran", {}, undefined, true, { busServers: 0, replicas: 1 }],
    ["is free then", { busServers: 3 }, { ...usualLayout, busServers: 0 }, false, three],
  ])("%s", (_, asked, kept, usersServer, expected) => {
    expect(settleLayout(asked, kept, usersServer)).toMatchObject(expected);
  });

  test.each<[AskedLayout, Layout | undefined, boolean, RegExp]>([
    [{ busServers: 2 }, undefined, false, /--bus-servers 2: choose 1, 3 or 5/],
    [{ busServers: 4 }, undefined, false, /--bus-servers 4/],
    [{ busServers: 3 }, usualLayout, false, /data is on 1, .*kubus store snapshot save/],
    [{ busServers: 1 }, three, false, /data is on 3, .*--bus-servers 1\)/],
    [{ busServers: 3 }, undefined, true, /with --nats-url the servers are yours; say --replicas 3/],
    [{ replicas: 2 }, undefined, true, /--replicas 2: choose/],
    [{ replicas: 3 }, undefined, false, /--replicas 3: that is for servers of your own/],
  ])("%j after %j is refused", (asked, kept, usersServer, message) => {
    expect(() => settleLayout(asked, kept, usersServer)).toThrow(message);
  });

  test("is found again in the folder", async () => {
    const folder = await mkdtemp(join(tmpdir(), "kubus-layout-"));
    expect(await readLayout(folder)).toBeUndefined();
    await writeLayout(folder, three);
    expect(await readLayout(folder)).toEqual(three);
    await rm(folder, { recursive: true });
  });
});
