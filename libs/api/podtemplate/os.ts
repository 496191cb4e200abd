/** Fields that the operating system of a pod does not know. */
import type { PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { forbidden, notSupported, required, type FieldError } from "../errors.ts";
import { allContainers } from "./allcontainers.ts";

export function validateOs(spec: PodSpec, path: string): FieldError[] {
  if (spec.os === undefined) return [];
  const { name = "" } = spec.os;
  switch (name) {
    case "":
      return [required(`${path}.os.name`, "")];
    case "linux":
      return validateLinux(spec, path);
    case "windows":
      return validateWindows(spec, path);
    default:
      return [notSupported(`${path}.os`, name, ["linux", "windows"])];
  }
}

function validateLinux(spec: PodSpec, path: string): FieldError[] {
  const contexts = [
    { context: spec.securityContext, at: path },
    ...allContainers(spec, path).map(({ container, path: at }) => ({
      context: container.securityContext,
      at,
    })),
  ];
  return contexts
    .filter(({ context }) => context?.windowsOptions !== undefined)
    .map(({ at }) => {
      const detail = "windows options cannot be set for a linux pod";
      return forbidden(`${at}.securityContext.windowsOptions`, detail);
    });
}

const notOnWindows = (path: string) => forbidden(path, "cannot be set for a windows pod");

function validateWindows(spec: PodSpec, path: string): FieldError[] {
  const { securityContext: context = {} } = spec;
  const at = `${path}.securityContext`;
  // Kubernetes checks fields of the pod and of its security context in one order.
  const ofPod: readonly [string, unknown][] = [
    [`${at}.appArmorProfile`, context.appArmorProfile],
    [`${at}.seLinuxOptions`, context.seLinuxOptions],
    [`${path}.hostUsers`, spec.hostUsers],
    [`${path}.hostPID`, spec.hostPID || undefined],
    [`${path}.hostIPC`, spec.hostIPC || undefined],
    [`${at}.seccompProfile`, context.seccompProfile],
    [`${at}.fsGroup`, context.fsGroup],
    [`${at}.fsGroupChangePolicy`, context.fsGroupChangePolicy],
    [`${at}.sysctls`, context.sysctls?.[0]],
    [`${path}.shareProcessNamespace`, spec.shareProcessNamespace],
    [`${at}.runAsUser`, context.runAsUser],
    [`${at}.runAsGroup`, context.runAsGroup],
    [`${at}.supplementalGroups`, context.supplementalGroups],
    [`${at}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy],
  ];
  const ofContainers = allContainers(spec, path).flatMap(({ container, path: containerPath }) =>
    containerFields.map((field): [string, unknown] => [
      `${containerPath}.securityContext.${field}`,
      container.securityContext?.[field],
    ]),
  );
  return [...ofPod, ...ofContainers]
    .filter(([, value]) => value !== undefined)
    .map(([field]) => notOnWindows(field));
}

const containerFields = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
] as const;
