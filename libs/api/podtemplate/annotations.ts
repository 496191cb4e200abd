/** Annotations that mean something to pods. */
import type { PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { forbidden, invalid, type FieldError } from "../errors.ts";
import { goQuote } from "../gotext.ts";
import { descendingPathField } from "../validation/fields.ts";
import { int32Max } from "../validation/names.ts";
import { allContainers } from "./allcontainers.ts";

type Annotations = Readonly<Record<string, string>> | undefined;

/** A static pod's copy in the API. */
export const mirrorAnnotation = "kubernetes.io/config.mirror";
const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
export const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
export const seccompPodAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
export const seccompContainerPrefix = "container.seccomp.security.alpha.kubernetes.io/";

export function validateAnnotationsOfPod(
  annotations: Annotations,
  spec: PodSpec,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const mirror = annotations?.[mirrorAnnotation];
  if (mirror !== undefined && (spec.nodeName ?? "") === "") {
    const detail = "must set spec.nodeName if mirror pod annotation is set";
    errors.push(invalid(`${path}[${mirrorAnnotation}]`, mirror, detail));
  }
  const cost = annotations?.[deletionCostAnnotation];
  if (cost !== undefined && !isDeletionCost(cost)) {
    const at = `${path}[${deletionCostAnnotation}]`;
    errors.push(invalid(at, cost, "must be a 32bit integer"));
  }
  return [
    ...errors,
    ...validateSeccomp(annotations, path),
    ...validateAppArmor(annotations, spec, path),
  ];
}

function validateSeccomp(annotations: Annotations, path: string): FieldError[] {
  return Object.entries(annotations ?? {}).flatMap(([key, profile]) => {
    if (key !== seccompPodAnnotation && !key.startsWith(seccompContainerPrefix)) return [];
    if (["runtime/default", "docker/default", "unconfined"].includes(profile)) return [];
    const at = `${path}.${key}`;
    const file = /^localhost\/(.*)$/s.exec(profile)?.[1];
    if (file !== undefined) return descendingPathField(at, file);
    return [invalid(at, profile, "must be a valid seccomp profile")];
  });
}

/** A number as Go's strconv reads it, without a plus sign or leading zeros. */
function isDeletionCost(text: string): boolean {
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return false;
  const cost = Number(text);
  return cost >= -int32Max - 1 && cost <= int32Max;
}

function validateAppArmor(annotations: Annotations, spec: PodSpec, path: string): FieldError[] {
  const names = new Set(allContainers(spec, "").map(({ container }) => container.name));
  return Object.entries(annotations ?? {}).flatMap(([key, profile]) => {
    if (!key.startsWith(appArmorPrefix)) return [];
    const container = key.slice(appArmorPrefix.length);
    const errors: FieldError[] = [];
    if (!names.has(container)) {
      errors.push(invalid(`${path}[${key}]`, container, "container not found"));
    }
    const known = ["", "runtime/default", "unconfined"].includes(profile);
    if (known || profile.startsWith("localhost/")) return errors;
    const detail = `invalid AppArmor profile name: ${goQuote(profile)}`;
    return [...errors, invalid(`${path}[${key}]`, profile, detail)];
  });
}

/** What an update may not do to them. */
export function validateAnnotationsUpdate(
  annotations: Annotations,
  old: Annotations,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const names = (key: string) => {
    if (key.startsWith(appArmorPrefix)) return "AppArmor annotations";
    return key === mirrorAnnotation ? "mirror pod annotation" : undefined;
  };
  for (const [key, value] of Object.entries(old ?? {})) {
    const name = names(key);
    if (name === undefined || annotations?.[key] === value) continue;
    errors.push(forbidden(`${path}[${key}]`, `may not remove or update ${name}`));
  }
  for (const key of Object.keys(annotations ?? {})) {
    const name = names(key);
    if (name === undefined || old?.[key] !== undefined) continue;
    errors.push(forbidden(`${path}[${key}]`, `may not add ${name}`));
  }
  return errors;
}
