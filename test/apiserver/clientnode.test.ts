/** What programs on @kubernetes/client-node live through while the API server crashes. */
import {
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  V1MicroTime,
  Watch,
  type V1ConfigMap,
  type V1Lease,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { startControlPlane, type ControlPlane } from "../golden/server.ts";

const startMsMax = 60_000;
const timeout = 60_000;
/** Between two attempts of a client whose server is away. */
const retryMs = 20;
const retriesMax = 500;

let plane: ControlPlane;
let config: KubeConfig;
let core: CoreV1Api;

beforeAll(async () => {
  plane = await startControlPlane();
  config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "c", server: plane.url, skipTLSVerify: true }],
    users: [{ name: "u", token: plane.token }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  core = config.makeApiClient(CoreV1Api);
}, startMsMax);
afterAll(() => plane.stop(), startMsMax);

const codeOf = (error: unknown): number | undefined => (error as { code?: number }).code;

/** Asks again while nobody answers, or the server says that it is going. */
async function insisting<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const code = codeOf(error);
      const answered = typeof code === "number" && code < 500 && code !== 429;
      if (answered || attempt >= retriesMax) throw error;
      await realWorld.sleep(retryMs);
    }
  }
}

async function makeNamespace(name: string): Promise<void> {
  await insisting(() => core.createNamespace({ body: { metadata: { name } } }));
}

/** Whose first attempt was done although its answer was lost. */
function create(namespace: string, body: V1ConfigMap): Promise<unknown> {
  return insisting(() =>
    core.createNamespacedConfigMap({ namespace, body }).catch((error: unknown) => {
      if (codeOf(error) !== 409) throw error;
    }),
  );
}

function remove(namespace: string, name: string): Promise<unknown> {
  return insisting(() =>
    core.deleteNamespacedConfigMap({ namespace, name }).catch((error: unknown) => {
      if (codeOf(error) !== 404) throw error;
    }),
  );
}

const replace = (namespace: string, name: string, body: V1ConfigMap): Promise<V1ConfigMap> =>
  insisting(() => core.replaceNamespacedConfigMap({ namespace, name, body }));

const labels = { kept: "yes" };
const mapOf = (name: string, n: number): V1ConfigMap => ({
  metadata: { name, labels },
  data: { n: String(n) },
});

test("an informer has what the server has, after any number of crashes", { timeout }, async () => {
  const namespace = "informed";
  await makeNamespace(namespace);
  const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: "kept=yes" });
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const informer = makeInformer(config, path, list, "kept=yes");
  let ended = false;
  let errors = 0;
  const added: string[] = [];
  informer.on("add", ({ metadata }) => added.push(metadata?.name ?? ""));
  const again = async () => {
    errors += 1;
    await realWorld.sleep(retryMs);
    if (!ended) await informer.start().catch(again);
  };
  informer.on("error", () => void again());
  await informer.start();
  for (let index = 0; index < 30; index += 1) {
    await create(namespace, mapOf(`m-${index}`, 0));
    if (index % 3 === 0) await replace(namespace, `m-${index}`, mapOf(`m-${index}`, 1));
    if (index % 5 === 0) await remove(namespace, `m-${index}`);
    // What loses its label leaves the informer.
    if (index % 10 === 1) {
      await replace(namespace, `m-${index}`, { metadata: { name: `m-${index}` } });
    }
    if (index % 15 === 10) await plane.crash("apiserver");
  }
  const shown = (items: readonly V1ConfigMap[]) =>
    items.map(({ metadata }) => `${metadata?.name}@${metadata?.resourceVersion}`).toSorted();
  const wanted = shown((await insisting(list)).items);
  await expect.poll(() => shown(informer.list()), { timeout: 10_000 }).toEqual(wanted);
  expect(wanted).toHaveLength(30 - 6 - 3);
  expect(errors).toBeGreaterThan(0);
  expect(new Set(added).size).toBeGreaterThanOrEqual(wanted.length);
  ended = true;
  await informer.stop();
});

test("a watch that is taken up again misses nothing and repeats nothing", { timeout }, async () => {
  const namespace = "watched";
  await makeNamespace(namespace);
  await create(namespace, mapOf("counter", 0));
  const { metadata } = await insisting(() => core.listNamespacedConfigMap({ namespace }));
  let resourceVersion = metadata?.resourceVersion;
  const seen: number[] = [];
  let ends = 0;
  let stopped = false;
  const watch = new Watch(config);
  const follow = async (): Promise<void> => {
    while (!stopped) {
      await new Promise<void>((resolve) => {
        const query = { resourceVersion, allowWatchBookmarks: true };
        const onEvent = (type: string, object: V1ConfigMap) => {
          resourceVersion = object.metadata?.resourceVersion;
          if (type === "MODIFIED" && object.metadata?.name === "counter") {
            seen.push(Number(object.data?.["n"]));
          }
        };
        const path = `/api/v1/namespaces/${namespace}/configmaps`;
        const done = () => {
          ends += 1;
          resolve();
        };
        watch.watch(path, query, onEvent, done).then((opened) => (abort = opened), done);
      });
      await realWorld.sleep(retryMs);
    }
  };
  let abort: AbortController | undefined;
  const following = follow();
  const last = 40;
  for (let n = 1; n <= last; n += 1) {
    await replace(namespace, "counter", mapOf("counter", n));
    if (n === 20) await plane.crash("apiserver");
  }
  await expect.poll(() => seen.at(-1), { timeout: 10_000 }).toBe(last);
  stopped = true;
  abort?.abort();
  await following;
  expect(seen).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  expect(ends).toBeGreaterThan(1);
});

test("pages of one list are of one moment, whoever serves them", { timeout }, async () => {
  const namespace = "paged";
  await makeNamespace(namespace);
  const count = 35;
  for (let index = 0; index < count; index += 1) await create(namespace, mapOf(`m-${index}`, 0));
  const names: string[] = [];
  const versions = new Set<string>();
  let token: string | undefined;
  let left = Infinity;
  do {
    const _continue = token;
    const page = await insisting(() =>
      core.listNamespacedConfigMap({ namespace, limit: 10, _continue }),
    );
    names.push(...page.items.map(({ metadata }) => metadata?.name ?? ""));
    versions.add(page.metadata?.resourceVersion ?? "");
    token = page.metadata?._continue;
    left = page.metadata?.remainingItemCount ?? 0;
    if (names.length === 10) {
      // What comes later is not on later pages.
      await create(namespace, mapOf("z-late", 0));
      await remove(namespace, "m-9");
      await plane.crash("apiserver");
    }
  } while (token !== undefined && token !== "");
  expect(left).toBe(0);
  expect(versions.size).toBe(1);
  const own = names.filter((name) => name.startsWith("m-"));
  expect(new Set(own).size).toBe(count);
  expect(names).not.toContain("z-late");
});

/** Seconds that a leader may be silent. */
const leaseSeconds = 1;

/** Attempts of candidates for one lease, and which terms the lease itself saw. */
function election(namespace: string, name: string) {
  const leases = config.makeApiClient(CoordinationV1Api);
  /** A holder for each number of transitions. */
  const terms = new Map<number, Set<string>>();
  const noteTerm = ({ spec }: V1Lease) => {
    const term = spec?.leaseTransitions ?? 0;
    const holders = terms.get(term) ?? new Set();
    terms.set(term, holders.add(spec?.holderIdentity ?? ""));
  };
  const attempt = async (identity: string): Promise<boolean> => {
    const now = realWorld.now();
    const found = await leases.readNamespacedLease({ namespace, name }).catch((error: unknown) => {
      if (codeOf(error) === 404) return undefined;
      throw error;
    });
    const { holderIdentity, renewTime, leaseTransitions = 0 } = found?.spec ?? {};
    const silentMs = now - new Date(renewTime ?? 0).getTime();
    const own = holderIdentity === identity;
    if (found !== undefined && !own && silentMs < leaseSeconds * 1000) return false;
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: leaseSeconds,
      renewTime: new V1MicroTime(now),
      leaseTransitions: own || found === undefined ? leaseTransitions : leaseTransitions + 1,
    };
    const body: V1Lease = { metadata: { ...found?.metadata, name }, spec };
    const written = found
      ? await leases.replaceNamespacedLease({ namespace, name, body })
      : await leases.createNamespacedLease({ namespace, body });
    noteTerm(written);
    return true;
  };
  return { attempt, terms };
}

test("there is one leader at a time, and always one again", { timeout }, async () => {
  const namespace = "led";
  await makeNamespace(namespace);
  const { attempt, terms } = election(namespace, "leader");
  let ended = false;
  const leading = new Set<string>();
  const failures: unknown[] = [];
  /** Somebody else was faster, or nobody is there. */
  const isPassing = (error: unknown) => ![400, 403, 422].includes(codeOf(error) ?? 0);

  const campaign = async (identity: string, until: () => boolean): Promise<void> => {
    let last = 0;
    while (!ended && !until()) {
      const began = realWorld.monotonic();
      const won = await attempt(identity).catch((error: unknown) => {
        if (!isPassing(error)) failures.push(error);
        return false;
      });
      if (won) last = began;
      // Whoever could not renew in time has to believe that another leads.
      const leads = last > 0 && realWorld.monotonic() - last < leaseSeconds * 1000;
      if (leads) leading.add(identity);
      else leading.delete(identity);
      await realWorld.sleep(100);
    }
    leading.delete(identity);
  };

  let firstLeaves = false;
  const first = campaign("first", () => firstLeaves);
  await expect.poll(() => [...leading], { timeout: 10_000 }).toEqual(["first"]);
  const second = campaign("second", () => false);
  await plane.crash("apiserver");
  await expect.poll(() => leading.size, { timeout: 10_000 }).toBe(1);
  firstLeaves = true;
  await first;
  await expect.poll(() => [...leading], { timeout: 10_000 }).toEqual(["second"]);
  ended = true;
  await second;
  expect(failures).toEqual([]);
  expect([...terms.values()].every((holders) => holders.size === 1)).toBe(true);
  expect(terms.size).toBeGreaterThan(1);
});
