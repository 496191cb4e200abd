/** Volumes of pods: what each kind of source needs is in volumesources.ts. */
import type { Volume } from "#proto/gen/k8s/core/v1.ts";
import { duplicate, forbidden, invalid, required, type FieldError } from "../errors.ts";
import { dns1123SubdomainErrors } from "../names.ts";
import { dnsLabelField, requireText } from "../validation/fields.ts";
import type { VolumesByName } from "./mounts.ts";
import { volumeSources, type SourceName } from "./volumesources.ts";

interface CheckedVolumes {
  /** Those without errors. */
  readonly volumes: VolumesByName;
  readonly errors: FieldError[];
}

/** `podName` is "" in a template. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  podName: string,
  path: string,
): CheckedVolumes {
  const all = volumes ?? [];
  const valid = new Map<string, Volume>();
  const errors: FieldError[] = [];
  // Claims that come into being with the pod.
  const ownClaims = new Set(
    podName === ""
      ? []
      : all.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${podName}-${name ?? ""}`),
  );
  all.forEach((volume, index) => {
    const at = `${path}[${index}]`;
    const { name = "", persistentVolumeClaim } = volume;
    const wrong = validateVolume(volume, podName, at);
    if (name === "") wrong.push(required(`${at}.name`, ""));
    else wrong.push(...dnsLabelField(`${at}.name`, name));
    if (valid.has(name)) wrong.push(duplicate(`${at}.name`, name));
    if (wrong.length === 0) valid.set(name, volume);
    errors.push(...wrong);
    const claim = persistentVolumeClaim?.claimName ?? "";
    if (!ownClaims.has(claim)) return;
    const detail = "must not reference a PVC that gets created for an ephemeral volume";
    errors.push(invalid(`${at}.persistentVolumeClaim.claimName`, claim, detail));
  });
  return { volumes: valid, errors };
}

function validateVolume(volume: Volume, podName: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let given = 0;
  for (const name of Object.keys(volumeSources) as SourceName[]) {
    if (volume[name] === undefined) continue;
    given++;
    if (given > 1) {
      errors.push(forbidden(`${path}.${name}`, "may not specify more than 1 volume type"));
      continue;
    }
    errors.push(...volumeSources[name](volume, `${path}.${name}`, path));
    // A template may leave the image to whoever makes pods of it.
    if (name === "image" && podName !== "") {
      errors.unshift(...requireText(`${path}.image.reference`, volume.image?.reference));
    }
    if (name === "ephemeral") errors.push(...validateClaimName(volume, podName, path));
  }
  if (given === 0) errors.push(required(path, "must specify a volume type"));
  return errors;
}

/** The claim of an ephemeral volume is named after the pod and the volume. */
function validateClaimName({ name = "" }: Volume, podName: string, path: string): FieldError[] {
  if (podName === "" || name === "") return [];
  const claim = `${podName}-${name}`;
  return dns1123SubdomainErrors(claim).map((text) =>
    invalid(`${path}.name`, name, `PVC name "${claim}": ${text}`),
  );
}
