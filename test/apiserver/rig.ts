/** For tests: a store and the registry on a nats-server of their own, without the HTTPS door. */
import pino from "pino";
import { supervise } from "#libs/actor/supervise.ts";
import { realWorld } from "#libs/actor/world.ts";
import { resources } from "#libs/api/index.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { connect } from "#libs/bus/connect.ts";
import { startNatsServer } from "#libs/testing/nats.ts";
import { assembleContext } from "../../services/apiserver/assembly.ts";
import { openBusDoor } from "../../services/apiserver/bus/door.ts";
import { bootstrapObjects } from "../../services/apiserver/decide.ts";
import { ensureObject } from "../../services/apiserver/registry/bootstrap.ts";
import type { Caller, Place } from "../../services/apiserver/registry/request.ts";
import { createRegistry } from "../../services/apiserver/registry/registry.ts";
import { component as store, type StoreConfig } from "../../services/store/main.ts";

export const caller: Caller = { user: "tester", groups: ["system:masters"], manager: "tests" };

const log = pino({ level: process.env["KUBUS_LOG_LEVEL"] ?? "silent" });
const serviceCidr = "127.96.0.0/16";

/** @param config of the store */
export async function startRig(config: StoreConfig = {}) {
  const nats = await startNatsServer();
  const bus = await connect({
    servers: nats.url,
    prefix: "kubus",
    name: "rig",
    world: realWorld,
  });
  const supervised = supervise(store, config, { bus, world: realWorld, log, instance: "0" });
  await supervised.ready;
  const life = new AbortController();
  const surroundings = { bus, world: realWorld, log, signal: life.signal };
  const context = assembleContext(surroundings, { serviceCidr });
  await context.caches.start();
  context.services.start();
  const facilities = {
    serviceIp: "127.96.0.1",
    serviceCidr: "127.96.0.0/16",
    advertiseAddress: "127.0.0.1",
    port: 6443,
    versions: resources,
  };
  for (const object of bootstrapObjects(facilities)) await ensureObject(context, object);
  const registry = createRegistry(context);
  const door = openBusDoor({ bus, registry, store: context.store, resources, log });
  return {
    bus,
    context,
    registry,
    /** Another API server on the same store, over another view of the bus. */
    async replica(seen: Bus = bus, network: { serviceCidr: string } = { serviceCidr }) {
      const other = assembleContext({ ...surroundings, bus: seen }, network);
      await other.caches.start();
      other.services.start();
      return createRegistry(other);
    },
    place: (plural: string, namespace: string, name = "", subresource = ""): Place => {
      const definition = resources.find((resource) => resource.plural === plural);
      if (definition === undefined) throw new Error(`no resource ${plural}`);
      return { definition, namespace, name, subresource };
    },
    async stop() {
      door.unsubscribe();
      life.abort(new Error("the test ended"));
      await supervised.stop();
      await bus.close();
      await nats.stop();
    },
  };
}

export type Rig = Awaited<ReturnType<typeof startRig>>;
