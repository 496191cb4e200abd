/** Security profiles that pods may still name by annotation, the way it was before the fields. */
import type { AppArmorProfile, Pod } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import { forbidden, type FieldError } from "../../../errors.ts";
import { allContainers } from "../../../podtemplate/allcontainers.ts";
import {
  appArmorPrefix,
  seccompContainerPrefix,
  seccompPodAnnotation,
} from "../../../podtemplate/annotations.ts";

/** What an AppArmor annotation means; undefined for nothing that is known. */
function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  const localhostProfile = /^localhost\/(.*\S)$/s.exec(annotation)?.[1];
  return localhostProfile === undefined ? undefined : { type: "Localhost", localhostProfile };
}

/** Turns AppArmor annotations of a new pod into fields, in place, where no field says more. */
export function applyAppArmorAnnotations({ metadata, spec }: Pod): void {
  if (spec === undefined || spec.os?.name === "windows") return;
  const ofPod = spec.securityContext?.appArmorProfile;
  for (const { container } of allContainers(spec, "")) {
    const annotation = metadata?.annotations?.[`${appArmorPrefix}${container.name ?? ""}`];
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue;
    const profile = profileOf(annotation);
    if (profile === undefined || semanticEqual(profile, ofPod)) continue;
    container.securityContext ??= {};
    container.securityContext.appArmorProfile = profile;
  }
}

/** Annotations that stood for a field; what they said was copied there already. */
export function appArmorWarnings({ metadata, spec = {} }: Pod): string[] {
  if (spec.os?.name === "windows") return [];
  return allContainers(spec, "").flatMap(({ container }) => {
    const key = `${appArmorPrefix}${container.name ?? ""}`;
    const annotation = metadata?.annotations?.[key];
    if (annotation === undefined) return [];
    const profile = profileOf(annotation);
    const field = container.securityContext?.appArmorProfile;
    if (profile !== undefined && !semanticEqual(profile, field)) return [];
    const text = 'deprecated since v1.30; use the "appArmorProfile" field instead';
    return [`metadata.annotations[${key}]: ${text}`];
  });
}

interface Profile {
  readonly type?: string;
  readonly localhostProfile?: string;
}

/** Where a profile is said both ways, both must say the same. */
export function validateProfilesMatch({ metadata, spec = {} }: Pod, path: string): FieldError[] {
  const { annotations = {} } = metadata ?? {};
  const { securityContext } = spec;
  const containers = allContainers(spec, path);
  const seccompPath = `${path}.securityContext.seccompProfile`;
  const ofPod = annotations[seccompPodAnnotation];
  const seccomp = matchErrors("seccomp", ofPod, securityContext?.seccompProfile, seccompPath);
  for (const { container, path: at } of containers) {
    const annotation = annotations[`${seccompContainerPrefix}${container.name ?? ""}`];
    const profile = container.securityContext?.seccompProfile;
    seccomp.push(
      ...matchErrors("seccomp", annotation, profile, `${at}.securityContext.seccompProfile`),
    );
  }
  if (spec.os?.name === "windows") return seccomp;
  const appArmor = containers.flatMap(({ container, path: at }) => {
    const annotation = annotations[`${appArmorPrefix}${container.name ?? ""}`];
    const own = container.securityContext?.appArmorProfile;
    const profile = own ?? securityContext?.appArmorProfile;
    return matchErrors("apparmor", annotation, profile, `${at}.securityContext.appArmorProfile`);
  });
  return [...seccomp, ...appArmor];
}

/** Words of an annotation for the types that are not files. */
const annotationWords: Readonly<Record<string, readonly string[]>> = {
  Unconfined: ["unconfined"],
  RuntimeDefault: ["runtime/default", "docker/default"],
};

function matchErrors(
  kind: "seccomp" | "apparmor",
  annotation: string | undefined,
  profile: Profile | undefined,
  path: string,
): FieldError[] {
  if (annotation === undefined || profile === undefined) return [];
  const { type = "", localhostProfile } = profile;
  const typeErrors = [forbidden(`${path}.type`, `${kind} type in annotation and field must match`)];
  if (type !== "Localhost") {
    const words = annotationWords[type];
    return words === undefined || words.includes(annotation) ? [] : typeErrors;
  }
  if (!annotation.startsWith("localhost/")) return typeErrors;
  if (annotation === `localhost/${localhostProfile ?? ""}`) return [];
  const detail = `${kind} profile in annotation and field must match`;
  return [forbidden(`${path}.localhostProfile`, detail)];
}
