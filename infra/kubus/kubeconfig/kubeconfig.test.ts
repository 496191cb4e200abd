import { lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addCluster, kubeconfigPath, removeCluster } from "./file.ts";
import { type Kubeconfig, withCluster, withoutCluster } from "./merge.ts";

const access = {
  context: "kubus",
  server: "https://127.0.0.1:6443",
  ca: "CA",
  cert: "CERT",
  key: "KEY",
};

const other: Kubeconfig = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "other" }],
  contexts: [{ name: "other" }],
  users: [{ name: "other" }],
  "current-context": "other",
  extensions: [{ name: "kept" }],
};

const names = (list: Kubeconfig["clusters"]) => list?.map(({ name }) => name);

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-kubeconfig-"));
  file = join(folder, "config");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = async () => load(await readFile(file, "utf8")) as Kubeconfig;

describe("merging", () => {
  test("adds beside what is there and becomes current", () => {
    const merged = withCluster(other, access);
    expect(names(merged.clusters)).toEqual(["other", "kubus"]);
    expect(names(merged.contexts)).toEqual(["other", "kubus"]);
    expect(names(merged.users)).toEqual(["other", "kubus"]);
    expect(merged["current-context"]).toBe("kubus");
    expect(merged["extensions"]).toEqual(other["extensions"]);
  });

  test("twice is the same as once", () => {
    const once = withCluster(other, access);
    expect(withCluster(once, access)).toEqual(once);
  });

  test("an address that changed replaces the old one", () => {
    const moved = withCluster(withCluster({}, access), { ...access, server: "https://[::1]:1" });
    expect(moved.clusters).toHaveLength(1);
    expect(moved.clusters?.[0]).toMatchObject({ cluster: { server: "https://[::1]:1" } });
  });

  test("lists that are null are empty", () => {
    expect(names(withCluster({ clusters: null }, access).clusters)).toEqual(["kubus"]);
  });

  test("taking out restores the file and the context before", () => {
    expect(withoutCluster(withCluster(other, access), "kubus", "other")).toEqual({
      ...other,
      preferences: {},
    });
  });

  test.each([
    ["the context before is gone", "kubus", "gone", ""],
    ["another context became current", "other", "gone", "other"],
  ])("taking out when %s", (_, current, before, expected) => {
    const merged = { ...withCluster(other, access), "current-context": current };
    expect(withoutCluster(merged, "kubus", before)["current-context"]).toBe(expected);
  });
});

describe("the file", () => {
  test("is made for its owner only, and emptied of the cluster again", async () => {
    expect(await addCluster(file, access)).toBe("");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await read())["current-context"]).toBe("kubus");
    await removeCluster(file, "kubus", "");
    expect(await read()).toMatchObject({ clusters: [], contexts: [], users: [] });
  });

  test("may be JSON, may be a link, and tells the context before", async () => {
    const target = join(folder, "target");
    await writeFile(target, JSON.stringify(other));
    await symlink(target, file);
    expect(await addCluster(file, access)).toBe("other");
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(names((await read()).contexts)).toEqual(["other", "kubus"]);
  });

  test.each(["- a list", "{{{"])("that is no kubeconfig is refused and stays: %s", async (text) => {
    await writeFile(file, text);
    await expect(addCluster(file, access)).rejects.toThrow(`${file} is not a kubeconfig`);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  test("changed by several at once keeps every change", async () => {
    const contexts = ["kubus-a", "kubus-b", "kubus-c", "kubus-d"];
    await Promise.all(contexts.map((context) => addCluster(file, { ...access, context })));
    expect(names((await read()).contexts)?.toSorted()).toEqual(contexts);
  });

  test("that is not there needs no removal", async () => {
    await removeCluster(file, "kubus", "");
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
  });
});

describe("which file", () => {
  test("asked for, else the first existing of KUBECONFIG, its last, one at home", async () => {
    const missing = join(folder, "missing");
    await writeFile(file, "");
    const env = { HOME: "/home/her", KUBECONFIG: `${missing}:${file}` };
    expect(await kubeconfigPath("/asked", env)).toBe("/asked");
    expect(await kubeconfigPath(undefined, env)).toBe(file);
    expect(await kubeconfigPath(undefined, { KUBECONFIG: `/no/1:${missing}` })).toBe(missing);
    expect(await kubeconfigPath(undefined, { HOME: "/home/her" })).toBe("/home/her/.kube/config");
  });
});
