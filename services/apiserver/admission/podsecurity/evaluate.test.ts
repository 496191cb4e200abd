import { describe, expect, test } from "vitest";
import type { Container, PodSpec } from "../pod.ts";
import { findingsOf, levelOf, policyText, versionOf } from "./evaluate.ts";

type Security = NonNullable<Container["securityContext"]>;

const container = (more: Partial<Container> = {}): PodSpec => ({
  containers: [{ name: "c", ...more }],
});
const secured = (securityContext: Security): PodSpec => container({ securityContext });

const hardened: PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: "c",
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    },
  ],
};

function reasons(level: "baseline" | "restricted", spec: PodSpec, version?: number): string[] {
  return findingsOf({ level, version }, { metadata: {}, spec }).map(({ reason }) => reason);
}

const baseline: readonly (readonly [string, PodSpec])[] = [
  ["host namespaces", { ...container(), hostIPC: true }],
  ["privileged", secured({ privileged: true })],
  ["non-default capabilities", secured({ capabilities: { add: ["NET_RAW"] } })],
  ["hostPath volumes", { ...container(), volumes: [{ name: "v", hostPath: { path: "/" } }] }],
  ["hostPort", container({ ports: [{ containerPort: 1, hostPort: 2 }] })],
  ["forbidden AppArmor profile", secured({ appArmorProfile: { type: "Unconfined" } })],
  ["seLinuxOptions", secured({ seLinuxOptions: { user: "u" } })],
  ["procMount", secured({ procMount: "Unmasked" })],
  ["seccompProfile", secured({ seccompProfile: { type: "Unconfined" } })],
  [
    "forbidden sysctls",
    { ...container(), securityContext: { sysctls: [{ name: "kernel.sem", value: "1" }] } },
  ],
  ["hostProcess", secured({ windowsOptions: { hostProcess: true } })],
  ["probe or lifecycle host", container({ livenessProbe: { httpGet: { host: "h", port: 1 } } })],
];

test.each(baseline)("the baseline forbids: %s", (reason, spec) => {
  expect(reasons("baseline", spec)).toEqual([reason]);
});

test("the baseline allows what is plain", () => {
  expect(reasons("baseline", container())).toEqual([]);
  expect(reasons("baseline", secured({ capabilities: { add: ["CHOWN"] } }))).toEqual([]);
});

const [first = {}] = hardened.containers ?? [];
const changed = (securityContext: Security): PodSpec => ({
  ...hardened,
  containers: [{ ...first, securityContext: { ...first.securityContext, ...securityContext } }],
});
const restricted: readonly (readonly [string, PodSpec])[] = [
  ["allowPrivilegeEscalation != false", changed({ allowPrivilegeEscalation: true })],
  ["unrestricted capabilities", changed({ capabilities: { drop: ["KILL"] } })],
  ["unrestricted capabilities", changed({ capabilities: { drop: ["ALL"], add: ["CHOWN"] } })],
  ["restricted volume types", { ...hardened, volumes: [{ name: "v", hostPath: { path: "/" } }] }],
  ["runAsNonRoot != true", changed({ runAsNonRoot: false })],
  ["runAsUser=0", changed({ runAsUser: 0 })],
  ["seccompProfile", changed({ seccompProfile: { type: "Unconfined" } })],
];

test.each(restricted)("the restricted level forbids: %s", (reason, spec) => {
  expect(reasons("restricted", spec)).toEqual([reason]);
});

describe("the restricted level", () => {
  test("allows what is hardened", () => {
    expect(reasons("restricted", hardened)).toEqual([]);
  });

  test("asks less of Windows", () => {
    const spec: PodSpec = { os: { name: "windows" }, ...secured({ runAsNonRoot: true }) };
    expect(reasons("restricted", spec)).toEqual([]);
  });

  test("lets a pod in a user namespace be root", () => {
    const spec: PodSpec = { ...changed({ runAsUser: 0, runAsNonRoot: false }), hostUsers: false };
    expect(reasons("restricted", spec)).toEqual([]);
  });
});

test("a version has the checks of its time", () => {
  const probe = container({ livenessProbe: { tcpSocket: { host: "h", port: 1 } } });
  expect(reasons("baseline", probe, 33)).toEqual([]);
  expect(reasons("baseline", probe, 34)).toEqual(["probe or lifecycle host"]);
  const sysctls = [{ name: "net.ipv4.tcp_rmem", value: "1" }];
  const spec = { ...container(), securityContext: { sysctls } };
  expect(reasons("baseline", spec, 31)).toEqual(["forbidden sysctls"]);
  expect(reasons("baseline", spec)).toEqual([]);
});

test("levels and versions are read from labels", () => {
  expect(levelOf("baseline")).toBe("baseline");
  expect(levelOf("Baseline")).toBeUndefined();
  expect(versionOf("latest")).toEqual({ minor: undefined });
  expect(versionOf("v1.24")).toEqual({ minor: 24 });
  expect(versionOf("1.24")).toBeUndefined();
  expect(policyText({ level: "baseline", version: 24 })).toBe("baseline:v1.24");
});
