/** Which files a volume shows: from objects of the API, pure. */
import { goQuote } from "#libs/api/gotext.ts";
import type {
  ConfigMap,
  Container,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
} from "#proto/gen/k8s/core/v1.ts";
import { fieldValue, type PodFacts, resourceValue } from "../environment/fields.ts";
import type { NodeAmounts } from "../sources.ts";

export interface VolumeFile {
  /** Inside the volume. */
  readonly path: string;
  readonly mode: number;
  readonly data: Uint8Array;
}

/** The volume cannot be filled; the text is shown to the user. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
}

/** How a volume refers to a config map or secret. */
export interface ObjectChoice {
  readonly name: string;
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
  readonly defaultMode: number;
}

export const defaultFileMode = 0o644;

/** Throws VolumeError when it is missing, or a key of it, and not optional. */
export function configMapFiles(object: ConfigMap | undefined, choice: ObjectChoice): VolumeFile[] {
  if (!object) return missing("configmap", choice);
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(object.data ?? {})) data.set(key, Buffer.from(text));
  for (const [key, bytes] of Object.entries(object.binaryData ?? {})) {
    data.set(key, Buffer.from(bytes, "base64"));
  }
  return chosen("configmap", "config", data, choice);
}

/** Throws VolumeError when it is missing, or a key of it, and not optional. */
export function secretFiles(object: Secret | undefined, choice: ObjectChoice): VolumeFile[] {
  if (!object) return missing("secret", choice);
  const entries = Object.entries(object.data ?? {});
  const data = new Map(entries.map(([key, text]) => [key, Buffer.from(text, "base64")]));
  return chosen("", "secret", data, choice);
}

function missing(kind: string, { name, optional }: ObjectChoice): VolumeFile[] {
  if (optional) return [];
  throw new VolumeError(`${kind} ${goQuote(name)} not found`);
}

function chosen(
  kind: string,
  keyKind: string,
  data: ReadonlyMap<string, Uint8Array>,
  { items, optional, defaultMode }: ObjectChoice,
): VolumeFile[] {
  if (!items || items.length === 0) {
    return [...data].map(([path, bytes]) => ({ path, mode: defaultMode, data: bytes }));
  }
  return items.flatMap(({ key = "", path = "", mode = defaultMode }) => {
    const bytes = data.get(key);
    if (bytes) return [{ path, mode, data: bytes }];
    if (optional) return [];
    const owner = kind === "" ? "" : `${kind} `;
    throw new VolumeError(`${owner}references non-existent ${keyKind} key: ${key}`);
  });
}

export interface DownwardInput extends PodFacts {
  readonly node: NodeAmounts;
  readonly defaultMode: number;
}

/** Throws VolumeError for a field that the downward API does not offer. */
export function downwardFiles(
  items: readonly DownwardAPIVolumeFile[],
  input: DownwardInput,
): VolumeFile[] {
  return items.map(({ path = "", mode = input.defaultMode, fieldRef, resourceFieldRef }) => {
    const text = fieldRef
      ? fieldValue(input, fieldRef.fieldPath ?? "")
      : resourceFieldRef &&
        resourceValue(
          containerOf(input.pod, resourceFieldRef.containerName ?? ""),
          resourceFieldRef,
          input.node,
        );
    if (text === undefined) throw new VolumeError(`no such field for ${path}`);
    return { path, mode, data: Buffer.from(text) };
  });
}

function containerOf({ spec }: Pod, wanted: string): Container {
  const { containers = [], initContainers = [] } = spec ?? {};
  return [...containers, ...initContainers].find(({ name }) => name === wanted) ?? {};
}
