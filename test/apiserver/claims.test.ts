/** Several API servers hand out cluster addresses and node ports at once: never one twice. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { repairClaims } from "../../services/apiserver/registry/claimrecords.ts";
import type { Body, Registry } from "../../services/apiserver/registry/request.ts";
import { caller, startRig, type Rig } from "./rig.ts";

const write = { dryRun: false, fieldValidation: "Warn" } as const;
const body = (value: unknown): Body => ({ value, duplicates: [], canonical: false });
const ports = [{ port: 80 }];
const startMsMax = 30_000;
/** 62 addresses: two servers that choose among them at the same time meet often. */
const network = { serviceCidr: "127.96.0.0/26" };

let rig: Rig;
let servers: Registry[];

beforeAll(async () => {
  rig = await startRig();
  servers = await Promise.all([1, 2].map(() => rig.replica(rig.bus, network)));
}, startMsMax);
afterAll(() => rig.stop(), startMsMax);

const create = (registry: Registry | undefined, name: string, spec: object): Promise<Service> =>
  (registry as Registry)
    .create(caller, rig.place("services", "default"), body({ metadata: { name }, spec }), write)
    .then(({ version }) => version.object as Service);

const remove = (registry: Registry | undefined, name: string) =>
  (registry as Registry).delete(caller, rig.place("services", "default", name), { dryRun: false });

const addresses = async (): Promise<string[]> => {
  const listed = await rig.registry.list(caller, rig.place("ipaddresses", ""), { limit: 0 });
  return listed.versions.map(({ object }) => object.metadata?.name ?? "").toSorted();
};

/** The same for both servers at the same instant, again and again. */
function race<T>(rounds: number, run: (registry: Registry, round: number, server: number) => T) {
  return Promise.all(
    Array.from({ length: rounds }, (_, round) =>
      servers.map((registry, server) => run(registry, round, server)),
    ).flat(),
  );
}

test("what is handed out is handed out once", async () => {
  const spec = { type: "NodePort", ports };
  const services = await race(24, (registry, round, server) =>
    create(registry, `free-${server}-${round}`, spec),
  );
  const ips = services.map((service) => service.spec?.clusterIP ?? "");
  const nodePorts = services.map((service) => service.spec?.ports?.[0]?.nodePort);
  expect(new Set(ips).size).toBe(48);
  expect(new Set(nodePorts).size).toBe(48);
  expect(await addresses()).toEqual(["127.96.0.1", ...ips].toSorted());
});

test("everything comes back when services go", async () => {
  await race(24, (registry, round, server) => remove(registry, `free-${server}-${round}`));
  expect(await addresses()).toEqual(["127.96.0.1"]);
});

test("of two that ask for the same one is refused", async () => {
  const outcomes = await race(10, (registry, round, server) =>
    create(registry, `ip-${server}-${round}`, { clusterIP: `127.96.0.${10 + round}`, ports }).then(
      () => "created",
      (error: Error) => error.message,
    ),
  );
  const refused = outcomes.filter((outcome) => outcome !== "created");
  expect(refused).toHaveLength(10);
  for (const message of refused) expect(message).toMatch(/provided IP is already allocated/);
});

test("a node port that two updates want goes to one of them", async () => {
  for (const server of [0, 1]) await create(servers[server], `port-${server}`, { ports });
  const wanted = { type: "NodePort", ports: [{ port: 80, nodePort: 31_000 }] };
  const patch = (registry: Registry, _: number, server: number) =>
    registry
      .patch(
        caller,
        rig.place("services", "default", `port-${server}`),
        "application/merge-patch+json",
        body({ spec: wanted }),
        write,
      )
      .then(
        () => "patched",
        (error: Error) => error.message,
      );
  const outcomes = await race(1, patch);
  expect(outcomes.toSorted()).toEqual([
    expect.stringContaining("31000: provided port is already allocated"),
    "patched",
  ]);
  // Given back by the next change, it can be had by the other.
  const winner = outcomes.indexOf("patched");
  await (servers[winner] as Registry).patch(
    caller,
    rig.place("services", "default", `port-${winner}`),
    "application/merge-patch+json",
    body({ spec: { type: "ClusterIP", ports: [{ port: 80, nodePort: null }] } }),
    write,
  );
  expect(await patch(servers[1 - winner] as Registry, 0, 1 - winner)).toBe("patched");
});

test("an address whose record somebody deleted is recorded again, or given back", async () => {
  const made = await create(servers[0], "unrecorded", { ports });
  const ip = made.spec?.clusterIP ?? "";
  const record = () => rig.place("ipaddresses", "", ip);
  await rig.registry.delete(caller, record(), { dryRun: false });
  expect(await addresses()).not.toContain(ip);
  await repairClaims(rig.context);
  expect(await addresses()).toContain(ip);
  const version = await rig.registry.get(caller, record(), {});
  expect(version.object).toMatchObject({
    metadata: { labels: { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" } },
    spec: { parentRef: { resource: "services", namespace: "default", name: "unrecorded" } },
  });
  await rig.registry.delete(caller, record(), { dryRun: false });
  await remove(servers[0], "unrecorded");
  expect(await addresses()).not.toContain(ip);
});
