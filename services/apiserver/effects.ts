/** What the machine's states do: one life of the API server's parts. */
import { fromPromise } from "xstate";
import type { Host } from "#libs/actor/component.ts";
import { resources } from "#libs/api/index.ts";
import { ipText, rangeText } from "#libs/api/validation/addresses.ts";
import type { BusSubscription } from "#libs/bus/bus.ts";
import { assembleContext, rangeOf } from "./assembly.ts";
import { openBusDoor } from "./bus/door.ts";
import { advertisedAddress, defaultIssuer, type ApiServerConfig } from "./config.ts";
import { bootstrapObjects, keptObjects } from "./decide.ts";
import { flowControlResources, isRetired } from "./fairness/bootstrap.ts";
import { tellDangling } from "./fairness/dangling.ts";
import type { HttpServer } from "./http/options.ts";
import { startHttp } from "./http/server.ts";
import { observedIn } from "./observed.ts";
import { repairClaims } from "./registry/claimrecords.ts";
import { ensureObject, removeObjects } from "./registry/bootstrap.ts";
import type { RegistryContext } from "./registry/context.ts";
import { createRegistry } from "./registry/registry.ts";
import type { StoreClient } from "./store/client.ts";
import { nodeStreams } from "./wire.ts";

/** Fills the slots of the machine. Everything ends with the host's signal. */
export function apiServerEffects(host: Host, config: ApiServerConfig) {
  const { bus, world, log, signal } = host;
  const context = assembleContext(host, config);
  const registry = createRegistry(context);
  const { store } = context;
  let door: BusSubscription | undefined;
  let http: HttpServer | undefined;
  return {
    actors: {
      connect: fromPromise<void, void>(async () => {
        await storeAnswers(store);
      }),
      warm: fromPromise<void, void>(async () => {
        await context.caches.start();
        context.services.start();
      }),
      bootstrap: fromPromise<void, void>(async () => {
        for (const object of bootstrapObjects(facilitiesOf(config))) {
          await ensureObject(context, object);
        }
        await retireObjects(context);
        await repairClaims(context);
      }),
      keep: fromPromise<void, void>(async () => {
        for (const object of keptObjects(facilitiesOf(config))) {
          await ensureObject(context, object);
        }
        await retireObjects(context);
      }),
      open: fromPromise<void, void>(async () => {
        const observed = observedIn(context);
        http = await startHttp({
          ...httpOptions(config, context),
          ...observed,
          registry,
          resources,
          nodes: nodeStreams(bus, world),
          checks: [
            { name: "bus", probes: ["readyz"], check: () => bus.flush() },
            { name: "store", probes: ["readyz"], check: () => storeAnswers(store) },
          ],
          log,
          world,
          signal,
        });
        door = openBusDoor({ bus, registry, store, resources, log });
        if (observed.flowControl !== undefined) {
          const { definition } = context.caches.named(flowSchemas);
          const source = observed.flowControl;
          const stop = tellDangling({ registry, definition, source, world, log });
          signal.addEventListener("abort", stop, { once: true });
        }
        log.info({ port: http.port }, "the API server serves");
      }),
      close: fromPromise<void, void>(async () => {
        door?.unsubscribe();
        await http?.close();
      }),
    },
  };
}

const flowSchemas = "flowschemas.flowcontrol.apiserver.k8s.io";

/** Takes away what earlier versions of the server made and this one does not. */
async function retireObjects(context: RegistryContext): Promise<void> {
  for (const resource of flowControlResources) {
    await removeObjects(context, resource, (object) => isRetired(resource, object));
  }
}

/** Rejects when it does not. */
async function storeAnswers(store: StoreClient): Promise<void> {
  await store.head({ group: "", resource: "namespaces" });
}

/** Groups of kinds that are only asked, beside those that are stored. */
const askedVersions = [
  { group: "authentication.k8s.io", version: "v1" },
  { group: "authorization.k8s.io", version: "v1" },
];

function facilitiesOf(config: ApiServerConfig) {
  const { family, base, prefixLength } = rangeOf(config);
  return {
    serviceIp: ipText({ family, value: base + 1n }),
    serviceCidr: rangeText({ family, base, prefixLength }),
    advertiseAddress: advertisedAddress(config),
    port: config.advertisePort ?? config.port,
    versions: [...resources, ...askedVersions],
  };
}

function httpOptions(config: ApiServerConfig, { authorization }: RegistryContext) {
  const issuer = config.serviceAccountIssuer ?? defaultIssuer;
  const tokens = (config.tokens ?? []).map(
    ({ token, user, uid, groups }) => [token, { name: user, uid, groups }] as const,
  );
  return {
    tls: config.tls,
    host: config.host,
    port: config.port,
    auth: {
      ...authorization,
      tokens: new Map(tokens),
      serviceAccounts: {
        publicKeys: config.serviceAccountKeys,
        issuer,
        audiences: [issuer],
      },
    },
  };
}
