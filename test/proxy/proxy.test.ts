/** The proxy component on a real store, registry and bus: what kubectl writes, sockets obey. */
import { once } from "node:events";
import { connect as connectSocket, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { supervise, type Supervised } from "#libs/actor/supervise.ts";
import { realWorld } from "#libs/actor/world.ts";
import { namespaces } from "#libs/api/core/v1/namespaces.ts";
import { services } from "#libs/api/core/v1/services.ts";
import { endpointslices } from "#libs/api/discovery/v1/endpointslices.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import type { EndpointSlice } from "#proto/gen/k8s/discovery/v1.ts";
import { component } from "../../services/proxy/main.ts";
import { startRig, type Rig } from "../apiserver/rig.ts";

/** Endpoints may not be loopback addresses: the API refuses them. */
const address = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

if (address === undefined) console.log("left out: this machine has a loopback address only");

const namespace = "shop";
const startMsMax = 30_000;
const pollMs = 10;

let rig: Rig;
let client: Client;
let proxy: Supervised;
const ends: (() => Promise<unknown>)[] = [];

/** A server that says its name and hangs up. */
async function serverOf(name: string): Promise<number> {
  const server = createServer((socket) => socket.end(name));
  server.listen(0, address);
  await once(server, "listening");
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
}

function ask(host: string, port: number): Promise<string> {
  return text(connectSocket({ host, port })).catch((error: NodeJS.ErrnoException) =>
    String(error.code),
  );
}

/** Asks again and again until the answer is the wanted one; the test's time bounds it. */
async function until(read: () => unknown, wanted: unknown): Promise<void> {
  while ((await read()) !== wanted) await realWorld.sleep(pollMs);
}

async function createService(name: string, spec: Service["spec"] = {}): Promise<Service> {
  const ports = [{ port: 8000 }];
  const { object } = await client.create(services, {
    metadata: { name, namespace },
    spec: { ports, ...spec },
  });
  return object;
}

function sliceOf(service: string, port: number): EndpointSlice {
  return {
    metadata: {
      name: `${service}-1`,
      namespace,
      labels: { "kubernetes.io/service-name": service },
    },
    addressType: "IPv4",
    ports: [{ name: "", port, protocol: "TCP" }],
    endpoints: [{ addresses: [address ?? ""], conditions: { ready: true } }],
  };
}

describe.skipIf(address === undefined)("proxy", () => {
  beforeAll(async () => {
    rig = await startRig();
    client = apiClient(rig.bus, { user: "tester", groups: ["system:masters"], manager: "tests" });
    await client.create(namespaces, { metadata: { name: namespace } });
    const log = pino({ level: "silent" });
    const config = { nodeName: "node-1", mode: "userspace" } as const;
    proxy = supervise(component, config, { bus: rig.bus, world: realWorld, log, instance: "0" });
    await proxy.ready;
  }, startMsMax);

  afterAll(async () => {
    await proxy.stop();
    await Promise.all(ends.map((end) => end()));
    await rig.stop();
  }, startMsMax);

  it("serves a service from its first endpoint to its end", async () => {
    const { spec } = await createService("cart", { type: "NodePort" });
    const [host, nodePort] = [spec?.clusterIP ?? "", spec?.ports?.[0]?.nodePort ?? 0];
    expect(await ask(host, 8000)).toBe("ECONNREFUSED");
    const slice = sliceOf("cart", await serverOf("first"));
    const { object } = await client.create(endpointslices, slice);
    await until(() => ask(host, 8000), "first");
    await until(() => ask("127.0.0.1", nodePort), "first");
    const ports = [{ name: "", port: await serverOf("second"), protocol: "TCP" }];
    await client.update(endpointslices, { ...object, ports });
    await until(() => ask(host, 8000), "second");
    await client.delete(services, { namespace, name: "cart" });
    await until(() => ask(host, 8000), "ECONNREFUSED");
    await until(() => ask("127.0.0.1", nodePort), "ECONNREFUSED");
  });

  it("listens again after a crash, with nothing written anew", async () => {
    const { spec } = await createService("pay");
    const host = spec?.clusterIP ?? "";
    await client.create(endpointslices, sliceOf("pay", await serverOf("paid")));
    await until(() => ask(host, 8000), "paid");
    const control = rig.bus.subjects.actor("proxy", "0", "control");
    await rig.bus.request(control, Buffer.from('{"crash":{}}'));
    await until(() => proxy.restarts(), 1);
    await until(() => ask(host, 8000), "paid");
    expect(proxy.isReady()).toBe(true);
  });
});
