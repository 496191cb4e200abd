/** Who has the roles that every cluster starts with. */
import { controllerRoles } from "./controllerroles.ts";

export interface BootstrapSubject {
  readonly kind: "User" | "Group" | "ServiceAccount";
  readonly name: string;
  /** Of a service account. */
  readonly namespace?: string;
}

/** Named after its role, unless it says otherwise. */
export interface BootstrapBinding {
  readonly name: string;
  /** Of a role binding; absent for a cluster role binding. */
  readonly namespace?: string;
  readonly role: string;
  readonly subjects: readonly BootstrapSubject[];
}

const user = (name: string): BootstrapSubject => ({ kind: "User", name });
const group = (name: string): BootstrapSubject => ({ kind: "Group", name });
const account = (name: string): BootstrapSubject => ({
  kind: "ServiceAccount",
  name,
  namespace: "kube-system",
});

const bind = (role: string, ...subjects: BootstrapSubject[]): BootstrapBinding => ({
  name: role,
  role,
  subjects,
});

const controllerHead = "system:controller:";
const authenticated = group("system:authenticated");
const manager = "system:kube-controller-manager";
const scheduler = "system:kube-scheduler";

export const clusterBindings: readonly BootstrapBinding[] = [
  bind("cluster-admin", group("system:masters")),
  bind("system:basic-user", authenticated),
  bind("system:discovery", authenticated),
  bind(manager, user(manager)),
  bind("system:kube-dns", account("kube-dns")),
  bind(scheduler, user(scheduler)),
  bind("system:monitoring", group("system:monitoring")),
  // Nodes have their rights from an authorizer of their own.
  bind("system:node"),
  bind("system:node-proxier", user("system:kube-proxy")),
  bind("system:public-info-viewer", authenticated, group("system:unauthenticated")),
  bind("system:service-account-issuer-discovery", group("system:serviceaccounts")),
  bind("system:volume-scheduler", user(scheduler)),
  ...controllerRoles.map(({ name }) => bind(name, account(name.slice(controllerHead.length)))),
];

const locking = "system::leader-locking-";

const signer = bind(`${controllerHead}bootstrap-signer`, account("bootstrap-signer"));

const systemBindings: readonly BootstrapBinding[] = [
  signer,
  {
    name: "system::extension-apiserver-authentication-reader",
    role: "extension-apiserver-authentication-reader",
    subjects: [user(manager), user(scheduler)],
  },
  bind(
    `${locking}kube-controller-manager`,
    user(manager),
    account("kube-controller-manager"),
    account("leader-election-controller"),
  ),
  bind(`${locking}kube-scheduler`, user(scheduler), account("kube-scheduler")),
  bind(`${controllerHead}cloud-provider`, account("cloud-provider")),
  bind(`${controllerHead}token-cleaner`, account("token-cleaner")),
];

export const namespacedBindings: readonly BootstrapBinding[] = [
  { ...signer, namespace: "kube-public" },
  ...systemBindings.map((binding) => ({ ...binding, namespace: "kube-system" })),
];
