/**
 * What services hold, written down in the store: an IPAddress for every cluster address, and a
 * record of the store's own for every node port. They are made and removed in the very commit that
 * writes the service, so that of several API servers that hand out the same thing at the same
 * instant one is refused.
 */
import { holdingsOf, type Holdings } from "#libs/api/core/v1/services/allocation.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import { parseIp } from "#libs/api/validation/addresses.ts";
import { codecOf } from "#libs/schema/index.ts";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import type { IPAddress } from "#proto/gen/k8s/networking/v1.ts";
import type { CommitResponse, Key, Mutation } from "#proto/gen/kubus/store/v1.ts";
import { keyOf } from "./caches.ts";
import type { RegistryContext } from "./context.ts";
import { metadataOf } from "./decide/system.ts";

const ipAddress = codecOf<IPAddress>("k8s.networking.v1.IPAddress");
const ipAddresses = { group: "networking.k8s.io", resource: "ipaddresses" };
/** No resource of the API: Kubernetes too keeps node ports where clients do not see them. */
const nodePorts = { group: "claims.kubus", resource: "nodeports" };
const labels = {
  family: "ipaddress.kubernetes.io/ip-family",
  managedBy: "ipaddress.kubernetes.io/managed-by",
};
const allocatorName = "ipallocator.k8s.io";
const noHoldings: Holdings = { ips: new Set(), nodePorts: new Set() };
const noBytes = new Uint8Array(0);

/** Somebody else holds what was to be taken. */
export class TakenError extends Error {
  override readonly name = "TakenError";
  readonly taken: Holdings;

  constructor({ resource, name }: Key) {
    super(`${resource} ${name} is taken`);
    const isIp = resource === ipAddresses.resource;
    this.taken = isIp
      ? { ...noHoldings, ips: new Set([name]) }
      : { ...noHoldings, nodePorts: new Set([Number(name)]) };
  }
}

/**
 * Commits the write of an object together with what it takes and gives back. The answer's revision
 * is that of the object. Throws TakenError, and nothing is written, when something is not free.
 * @param old the object before, undefined when it is made
 * @param next the object after, undefined when it is removed
 */
export async function commitWithClaims(
  context: RegistryContext,
  definition: ResourceDefinition,
  mutation: Mutation,
  old: KubeObject | undefined,
  next: KubeObject | undefined,
): Promise<CommitResponse> {
  let claims = claimsBetween(context, definition, old, next);
  while (true) {
    const response = await context.store.commit([mutation, ...claims]);
    const failed = claims[response.failedIndex - 1];
    if (failed?.key && response.failure === "COMMIT_FAILURE_EXISTS") {
      throw new TakenError(failed.key);
    }
    if (failed && response.failure === "COMMIT_FAILURE_NOT_FOUND") {
      // What is to be given back is free already: somebody deleted the IPAddress.
      claims = claims.filter((claim) => claim !== failed);
      continue;
    }
    const isWritten = response.failure === "COMMIT_FAILURE_UNSPECIFIED";
    return isWritten ? { ...response, revision: response.revision - claims.length } : response;
  }
}

function claimsBetween(
  context: RegistryContext,
  definition: ResourceDefinition,
  old: KubeObject | undefined,
  next: KubeObject | undefined,
): Mutation[] {
  if (keyOf(definition) !== "services") return [];
  const before = old === undefined ? noHoldings : holdingsOf(old as Service);
  const after = next === undefined ? noHoldings : holdingsOf(next as Service);
  const owner = next as Service;
  return [
    ...without(before.ips, after.ips).map((ip) => given({ ...ipAddresses, name: ip })),
    ...without(before.nodePorts, after.nodePorts).map((port) =>
      given({ ...nodePorts, name: String(port) }),
    ),
    ...without(after.ips, before.ips).map((ip) =>
      taken({ ...ipAddresses, name: ip }, ipValue(context, ip, owner)),
    ),
    ...without(after.nodePorts, before.nodePorts).map((port) =>
      taken({ ...nodePorts, name: String(port) }, portValue(owner)),
    ),
  ];
}

const without = <Item>(items: ReadonlySet<Item>, others: ReadonlySet<Item>): Item[] =>
  [...items].filter((item) => !others.has(item));

const given = (key: Omit<Key, "namespace">): Mutation =>
  record("MUTATION_TYPE_DELETE", key, noBytes);

const taken = (key: Omit<Key, "namespace">, value: Uint8Array): Mutation =>
  record("MUTATION_TYPE_CREATE", key, value);

const record = (
  type: Mutation["type"],
  key: Omit<Key, "namespace">,
  value: Uint8Array,
): Mutation => ({
  type,
  key: { ...key, namespace: "" },
  value,
  expectedRevision: 0,
  partition: "",
  confidential: false,
  ttlSeconds: 0,
});

function ipValue({ world }: RegistryContext, name: string, service: Service): Uint8Array {
  const { namespace = "", name: owner = "" } = metadataOf(service);
  return ipAddress.encode({
    metadata: {
      name,
      uid: world.uuid(),
      creationTimestamp: timeText(world.now()),
      labels: {
        [labels.family]: parseIp(name)?.family ?? "IPv4",
        [labels.managedBy]: allocatorName,
      },
    },
    spec: { parentRef: { group: "", resource: "services", namespace, name: owner } },
  });
}

/** For whoever looks into an export. */
function portValue(service: Service): Uint8Array {
  const { namespace = "", name = "" } = metadataOf(service);
  return new TextEncoder().encode(JSON.stringify({ service: `${namespace}/${name}` }));
}

/** Node ports of one answer of the store. */
const portsMax = 5_000;

/**
 * Writes down what services hold without a record: those of an older Kubus, and addresses whose
 * IPAddress somebody deleted. The caches must be filled.
 */
export async function repairClaims(context: RegistryContext): Promise<void> {
  const services = context.caches.named("services");
  const addresses = context.caches.named("ipaddresses.networking.k8s.io");
  const ports = await recordedPorts(context);
  const { definition } = services;
  for (const { object } of services.values()) {
    const missing = claimsBetween(context, definition, undefined, object).filter(
      ({ key }) =>
        key &&
        (key.resource === nodePorts.resource
          ? !ports.has(key.name)
          : addresses.get("", key.name) === undefined),
    );
    // One by one: another API server may be writing the same.
    for (const mutation of missing) await context.store.commit([mutation]);
  }
}

async function recordedPorts({ store }: RegistryContext): Promise<Set<string>> {
  const found = new Set<string>();
  let afterName = "";
  while (true) {
    const request = { ...nodePorts, namespace: "", afterNamespace: "", afterName };
    const { records, more } = await store.list({ ...request, limit: portsMax, revision: 0 });
    for (const { key } of records) found.add(key?.name ?? "");
    if (!more) return found;
    afterName = records.at(-1)?.key?.name ?? "";
  }
}
