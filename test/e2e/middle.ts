/** Does something bad in the middle of a rollout, and keeps account of what was acknowledged. */
import { type TestCluster, until } from "./cluster.ts";
import { manifest, names, replicas } from "./rollout.ts";

/** Changes of pods after which it happens: some pods are there by then, and some are not. */
const changesBefore = replicas * names.length;

/**
 * Applies the Deployments, and lets `happen` run once their pods have changed so often. Small
 * objects are written all the while; the names of those that were acknowledged are the result.
 * Resolves when `happen` has.
 */
export async function inTheMiddle(
  cluster: TestCluster,
  namespace: string,
  image: string,
  happen: () => Promise<void>,
): Promise<string[]> {
  const bus = await cluster.connect();
  let changes = 0;
  let begun = false;
  let ended = false;
  let failure: unknown;
  bus.subscribe(bus.subjects.watchResource("", "pods"), ({ subject }) => {
    if (!subject.includes(`.${namespace}.`)) return;
    changes += 1;
    if (begun || changes < changesBefore) return;
    begun = true;
    happen()
      .catch((error: unknown) => (failure = error))
      .finally(() => (ended = true));
  });
  try {
    await bus.flush();
    // A server that dies under a request may not answer it, and is asked again, as users do.
    await until(
      "apply",
      () => cluster.apply(manifest(namespace, image)),
      () => true,
    );
    const acknowledged: string[] = [];
    let attempts = 0;
    const write = async () => {
      const name = `${image.replace(":", "-")}-${(attempts += 1)}`;
      const words = ["create", "configmap", name, "-n", namespace, "--from-literal=written=yes"];
      const { code } = await cluster.try(words);
      if (code === 0) acknowledged.push(`configmap/${name}`);
    };
    await until(`the middle of ${image}`, write, () => ended);
    if (failure !== undefined) throw failure;
    return acknowledged;
  } finally {
    await bus.close();
  }
}

/** Of the objects that were acknowledged, those that are not there. */
export async function lostOf(
  cluster: TestCluster,
  namespace: string,
  acknowledged: readonly string[],
): Promise<string[]> {
  const kept = await cluster.kubectl("get", "configmaps", "-n", namespace, "-o", "name");
  const there = new Set(kept.split("\n"));
  return acknowledged.filter((name) => !there.has(name));
}
