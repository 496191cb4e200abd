import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { Container, Pod, Volume } from "#proto/gen/k8s/core/v1.ts";
import { container, podOf } from "../pod/example.ts";
import type { Sources } from "../sources.ts";
import { mountsOf } from "./mounts.ts";
import { PodVolumes } from "./volumes.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

let folder: string;
let now: number;
let color: string;
let tokens: unknown[];
let volumes: PodVolumes;

const sources: Sources = {
  node: { cpu: "4" },
  hostIp: "192.0.2.1",
  configMap: (_, name) =>
    Promise.resolve(name === "words" ? { data: { color, "app.conf": "a=1" } } : undefined),
  secret: (_, name) =>
    Promise.resolve(name === "keys" ? { data: { pass: base64("s3cret") } } : undefined),
  services: () => Promise.resolve([]),
  token(namespace, account, spec) {
    if (account !== "robot") return Promise.resolve(undefined);
    tokens.push({ namespace, account, ...spec });
    return Promise.resolve({ token: `token ${tokens.length}`, expiresAt: now + 3_600_000 });
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-volumes-"));
  now = Date.parse("2026-01-02T03:04:05Z");
  color = "blue";
  tokens = [];
  volumes = new PodVolumes(folder, sources, { ...realWorld, now: () => now });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const podWith = (...all: Volume[]): Pod => podOf({ volumes: all, serviceAccountName: "robot" });
const setUp = (pod: Pod) => volumes.setUp({ pod, hostIp: "192.0.2.1", podIp: "10.0.0.2" });
const read = (volume: string, file: string) =>
  readFile(join(volumes.pathOf("u1", volume), file), "utf8");

test.each<[string, Volume, string, string]>([
  ["a config map", { configMap: { name: "words" } }, "color", "blue"],
  ["a secret", { secret: { secretName: "keys" } }, "pass", "s3cret"],
  [
    "the downward API",
    { downwardAPI: { items: [{ path: "who", fieldRef: { fieldPath: "metadata.name" } }] } },
    "who",
    "web",
  ],
  [
    "a projection of several",
    {
      projected: {
        sources: [
          { configMap: { name: "words" } },
          { secret: { name: "keys", items: [{ key: "pass", path: "deep/pass" }] } },
        ],
      },
    },
    "deep/pass",
    "s3cret",
  ],
  [
    "a token",
    { projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
    "token",
    "token 1",
  ],
])("%s is shown in files", async (_, source, file, text) => {
  await setUp(podWith({ name: "v", ...source }));
  expect(await read("v", file)).toBe(text);
});

test.each<[string, Volume, string]>([
  [
    "a missing config map",
    { configMap: { name: "none" } },
    'MountVolume.SetUp failed for volume "v" : configmap "none" not found',
  ],
  [
    "a missing secret",
    { secret: { secretName: "none" } },
    'MountVolume.SetUp failed for volume "v" : secret "none" not found',
  ],
  [
    "a claim",
    { persistentVolumeClaim: { claimName: "c" } },
    "this kind of volume is not supported on this node",
  ],
  [
    "a folder that is none",
    { hostPath: { path: "/etc/hosts", type: "Directory" } },
    "is not a dir",
  ],
  ["a file that is none", { hostPath: { path: "/etc", type: "File" } }, "is not a file"],
])("%s is refused", async (_, source, message) => {
  await expect(setUp(podWith({ name: "v", ...source }))).rejects.toThrow(message);
});

test("the certificates of the cluster may be missing", async () => {
  const source = {
    configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca" }] },
  };
  await setUp(podWith({ name: "v", projected: { sources: [source] } }));
  await expect(read("v", "ca")).rejects.toThrow("ENOENT");
});

test("files follow their objects", async () => {
  const pod = podWith({ name: "v", configMap: { name: "words" } });
  await setUp(pod);
  color = "red";
  await setUp(pod);
  expect(await read("v", "color")).toBe("red");
});

test("an empty folder is for everybody, and keeps what is in it", async () => {
  const pod = podWith({ name: "v", emptyDir: {} });
  await setUp(pod);
  expect((await stat(volumes.pathOf("u1", "v"))).mode & 0o777).toBe(0o777);
  await writeFile(join(volumes.pathOf("u1", "v"), "kept"), "yes");
  await setUp(pod);
  expect(await read("v", "kept")).toBe("yes");
});

test("everything goes with the pod", async () => {
  await setUp(podWith({ name: "v", emptyDir: {} }));
  await volumes.messageFile("u1", "main", 0);
  expect(await volumes.known()).toEqual(["u1"]);
  await volumes.tearDown("u1");
  expect(await volumes.known()).toEqual([]);
});

describe("a token", () => {
  const source = {
    serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 3_600 },
  };
  const pod = podWith({ name: "v", projected: { sources: [source] } });

  test("is bound to its pod", async () => {
    await setUp(pod);
    expect(tokens).toEqual([
      {
        namespace: "shop",
        account: "robot",
        audiences: ["vault"],
        expirationSeconds: 3_600,
        boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web", uid: "u1" },
      },
    ]);
  });

  test.each([
    [2_879, "token 1"],
    [2_880, "token 2"],
  ])("after %i s the file holds %s", async (seconds, text) => {
    await setUp(pod);
    now += seconds * 1_000;
    await setUp(pod);
    expect(await read("v", "token")).toBe(text);
  });

  test("of nobody is refused", async () => {
    const spec = { ...pod.spec, serviceAccountName: "nobody" };
    await expect(setUp({ ...pod, spec })).rejects.toThrow('serviceaccounts "nobody" not found');
  });
});

describe("mounts", () => {
  const pod = podWith(
    { name: "empty", emptyDir: {} },
    { name: "memory", emptyDir: { medium: "Memory" } },
    { name: "words", configMap: { name: "words" } },
  );
  const mounts = async (mount: object) => {
    await setUp(pod);
    const own: Container = { volumeMounts: [{ mountPath: "/there", ...mount }] };
    return mountsOf(volumes, pod, container("main", own), { NAME: "web" });
  };

  test.each<[object, string, object]>([
    [{ name: "empty" }, "", { isReadOnly: false, propagation: "rprivate" }],
    [{ name: "empty", readOnly: true }, "", { isReadOnly: true }],
    [{ name: "empty", mountPropagation: "Bidirectional" }, "", { propagation: "rshared" }],
    [{ name: "empty", subPath: "a/b" }, "a/b", {}],
    [{ name: "empty", subPathExpr: "of-$(NAME)" }, "of-web", {}],
    [{ name: "words" }, "", { isReadOnly: true }],
  ])("%j is mounted from %j", async (mount, path, expected) => {
    const [made] = await mounts(mount);
    const { name } = mount as { name: string };
    expect(made).toMatchObject({ volume: name, target: "/there", ...expected });
    expect(made?.source).toBe(join(volumes.pathOf("u1", name), path));
  });

  test("one key of a config map is mounted as the file that it is", async () => {
    const [made] = await mounts({ name: "words", subPath: "app.conf" });
    expect(await readFile(made?.source ?? "", "utf8")).toBe("a=1");
  });

  test("what is in memory has no path", async () => {
    expect((await mounts({ name: "memory" }))[0]?.source).toBeUndefined();
  });

  test.each(["way-out", "way-out/new"])(
    "%s, a link out of the volume, is not followed",
    async (subPath) => {
      await setUp(pod);
      const root = volumes.pathOf("u1", "empty");
      await mkdir(join(folder, "secret"));
      await symlink(join(folder, "secret"), join(root, "way-out"));
      await expect(mounts({ name: "empty", subPath })).rejects.toThrow("leads out of it");
      expect(await readdir(join(folder, "secret"))).toEqual([]);
    },
  );
});
