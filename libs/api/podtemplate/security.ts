/** Security contexts of pods and containers. */
import { schemaOf } from "#libs/schema/index.ts";
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
  WindowsSecurityContextOptions,
} from "#proto/gen/k8s/core/v1.ts";
import { duplicate, forbidden, invalid, required, tooLong, type FieldError } from "../errors.ts";
import { goStruct } from "../goform.ts";
import { descendingPathField, invalidFor, optionalWordField } from "../validation/fields.ts";
import { idErrors } from "../validation/names.ts";
import { allContainers } from "./allcontainers.ts";

function idField(path: string, id: number | undefined): FieldError[] {
  return id === undefined ? [] : invalidFor(path, id, idErrors(id));
}

export function validatePodSecurityContext(
  context: PodSecurityContext | undefined,
  spec: PodSpec,
  path: string,
): FieldError[] {
  if (context === undefined) return [];
  const errors = [
    ...idField(`${path}.fsGroup`, context.fsGroup),
    ...idField(`${path}.runAsUser`, context.runAsUser),
    ...idField(`${path}.runAsGroup`, context.runAsGroup),
    ...(context.supplementalGroups ?? []).flatMap((id, index) =>
      idField(`${path}.supplementalGroups[${index}]`, id),
    ),
  ];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(invalid(`${path}.shareProcessNamespace`, true, detail));
  }
  const { fsGroupChangePolicy, supplementalGroupsPolicy, seLinuxChangePolicy } = context;
  return [
    ...errors,
    ...validateSysctls(context.sysctls, spec, `${path}.sysctls`),
    ...optionalWordField(`${path}.fsGroupChangePolicy`, fsGroupChangePolicy, fsGroupPolicies),
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
    ...optionalWordField(`${path}.supplementalGroupsPolicy`, supplementalGroupsPolicy, [
      "Merge",
      "Strict",
    ]),
    ...optionalWordField(`${path}.seLinuxChangePolicy`, seLinuxChangePolicy, ["Recursive"]),
  ];
}

const fsGroupPolicies = ["Always", "OnRootMismatch"];

const sysctlName = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const sysctlRegex = new RegExp(`^${sysctlName}$`);

function validateSysctls(
  sysctls: readonly Sysctl[] | undefined,
  spec: PodSpec,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return (sysctls ?? []).flatMap(({ name = "" }, index) => {
    const at = `${path}[${index}].name`;
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(at, ""));
    else if (name.length > 253 || !sysctlRegex.test(name)) {
      const detail = `must have at most 253 characters and match regex ^${sysctlName}$`;
      errors.push(invalid(at, name, detail));
    } else if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    const host = hostNamespaceOf(name.replaceAll("/", "."), spec);
    if (host !== "") errors.push(invalid(at, name, `may not be specified when '${host}' is true`));
    return errors;
  });
}

/** Settings of a namespace that the pod shares with its node would change the node's. */
function hostNamespaceOf(sysctl: string, { hostNetwork, hostIPC }: PodSpec): string {
  if (hostNetwork === true && sysctl.startsWith("net.")) return "hostNetwork";
  const ipc = sysctl === "kernel.sem" || /^(kernel\.(shm|msg)|fs\.mqueue\.)/.test(sysctl);
  return hostIPC === true && ipc ? "hostIPC" : "";
}

const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

function validateSeccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = "", localhostProfile } = profile;
  const errors =
    type === ""
      ? [required(`${path}.type`, "type is required when seccompProfile is set")]
      : optionalWordField(`${path}.type`, type, profileTypes);
  const at = `${path}.localhostProfile`;
  if (type !== "Localhost") {
    if (localhostProfile === undefined) return errors;
    const shown = { Type: type, LocalhostProfile: localhostProfile };
    return [...errors, invalid(at, shown, "can only be set when seccomp type is Localhost")];
  }
  if (localhostProfile === undefined) {
    return [...errors, required(at, "must be set when seccomp type is Localhost")];
  }
  return [...errors, ...descendingPathField(at, localhostProfile)];
}

const appArmorProfileMax = 4095;

function validateAppArmor(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = "", localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  switch (type) {
    case "":
      return [required(`${path}.type`, "type is required when appArmorProfile is set")];
    case "Localhost":
      return validateAppArmorName(localhostProfile ?? "", at);
    case "RuntimeDefault":
    case "Unconfined": {
      if (localhostProfile === undefined) return [];
      const detail = "can only be set when AppArmor type is Localhost";
      return [invalid(at, localhostProfile, detail)];
    }
    default:
      return optionalWordField(`${path}.type`, type, profileTypes);
  }
}

function validateAppArmorName(name: string, path: string): FieldError[] {
  if (name !== name.trim()) return [invalid(path, name, "must not be padded with whitespace")];
  if (name === "") return [required(path, "must be set when AppArmor type is Localhost")];
  return name.length > appArmorProfileMax ? [tooLong(path, appArmorProfileMax)] : [];
}

function validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  path: string,
): FieldError[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec } = options ?? {};
  const { runAsUserName: user } = options ?? {};
  const errors: FieldError[] = [];
  if (name === "") {
    errors.push(invalid(`${path}.gmsaCredentialSpecName`, name, "cannot be an empty string"));
  }
  if (spec === "") {
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, "cannot be an empty string"));
  }
  if (user === "") {
    errors.push(invalid(`${path}.runAsUserName`, user, "runAsUserName cannot be an empty string"));
  }
  return errors;
}

/** `hostUsers`: the pod's users are those of its node. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: string,
): FieldError[] {
  if (context === undefined) return [];
  const { procMount } = context;
  const errors = [
    ...idField(`${path}.runAsUser`, context.runAsUser),
    ...idField(`${path}.runAsGroup`, context.runAsGroup),
    ...optionalWordField(`${path}.procMount`, procMount, ["Default", "Unmasked"]),
  ];
  if (hostUsers && procMount === "Unmasked") {
    const detail = "`hostUsers` must be false to use `Unmasked`";
    errors.push(invalid(`${path}.procMount`, procMount, detail));
  }
  return [
    ...errors,
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateEscalation(context, path),
    ...validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
  ];
}

/** A container that has every privilege cannot be kept from gaining one. */
function validateEscalation(context: SecurityContext, path: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors: FieldError[] = [];
  const shown = () => goStruct(context, schemaOf("k8s.core.v1.SecurityContext"));
  if (context.privileged === true) {
    const detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
    errors.push(invalid(path, shown(), detail));
  }
  if (context.capabilities?.add?.includes("CAP_SYS_ADMIN") === true) {
    const detail =
      "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
    errors.push(invalid(path, shown(), detail));
  }
  return errors;
}

/** A pod with users of its own shares no other namespace with its node. */
export function validateHostUsers(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const detail = "when `hostUsers` is false";
  const shared = [
    ["hostNetwork", spec.hostNetwork],
    ["hostPID", spec.hostPID],
    ["hostIPC", spec.hostIPC],
  ] as const;
  return shared
    .filter(([, set]) => set === true)
    .map(([field]) => forbidden(`${path}.${field}`, detail));
}

/**
 * Containers that run as processes of a Windows node. The cluster's policy refuses them; Kubernetes
 * couples this to privileged containers of Linux, which Kubus allows.
 */
export function validateHostProcess(spec: PodSpec, path: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const errors: FieldError[] = [];
  const containers = allContainers(spec, path);
  let count = 0;
  for (const { container, path: at } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, detail));
    }
    if (own ?? ofPod ?? false) count++;
  }
  if (count === 0) return errors;
  if (count !== containers.length) {
    const detail =
      "If pod contains any hostProcess containers then all containers must be " +
      "HostProcess containers";
    errors.push(invalid(path, "", detail));
  }
  if (spec.hostNetwork !== true) {
    const detail = "hostNetwork must be true if pod contains any hostProcess containers";
    errors.push(invalid(`${path}.hostNetwork`, false, detail));
  }
  errors.push(forbidden(path, "hostProcess containers are disallowed by cluster policy"));
  return errors;
}
