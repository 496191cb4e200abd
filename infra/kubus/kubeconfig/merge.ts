/** Adds a cluster to a kubeconfig and takes it out again; everything else in the file stays. */

interface Named {
  readonly name: string;
}

/** What a kubeconfig holds, as far as it is looked at here. */
export interface Kubeconfig {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly clusters?: readonly Named[] | null;
  readonly users?: readonly Named[] | null;
  readonly contexts?: readonly Named[] | null;
  readonly "current-context"?: string;
  readonly [field: string]: unknown;
}

export interface ClusterAccess {
  /** Name of the context, the cluster and the user. */
  readonly context: string;
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  /** PEM texts. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const base64 = (pem: string) => Buffer.from(pem).toString("base64");

/** A kubeconfig for that cluster alone. */
export function kubeconfigOf(access: ClusterAccess): Kubeconfig {
  const { context: name, server, ca, cert, key } = access;
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { "certificate-authority-data": base64(ca), server } } as Named],
    contexts: [{ name, context: { cluster: name, user: name } } as Named],
    "current-context": name,
    preferences: {},
    users: [
      {
        name,
        user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) },
      } as Named,
    ],
  };
}

const lists = ["clusters", "contexts", "users"] as const;

/** `existing` with the cluster in it, as the current context; its older entries are replaced. */
export function withCluster(existing: Kubeconfig, access: ClusterAccess): Kubeconfig {
  const added = kubeconfigOf(access);
  const merged: Record<string, unknown> = { ...added, ...existing };
  for (const list of lists) {
    const others = (existing[list] ?? []).filter(({ name }) => name !== access.context);
    merged[list] = [...others, ...(added[list] ?? [])];
  }
  merged["current-context"] = access.context;
  return merged;
}

/**
 * `existing` without the cluster. When it was the current context, the one before becomes current
 * again if it is still there.
 */
export function withoutCluster(
  existing: Kubeconfig,
  context: string,
  contextBefore: string,
): Kubeconfig {
  const left: Record<string, unknown> = { ...existing };
  for (const list of lists) {
    if (existing[list]) left[list] = existing[list].filter(({ name }) => name !== context);
  }
  if (existing["current-context"] !== context) return left;
  const contexts = (left["contexts"] ?? []) as readonly Named[];
  const isThere = contexts.some(({ name }) => name === contextBefore);
  left["current-context"] = isThere ? contextBefore : "";
  return left;
}
