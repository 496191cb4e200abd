/** What protobufjs lets pass and other readers of proto files do not. */
import type protobuf from "protobufjs";
import type { Descriptor } from "#libs/schema/descriptor.ts";

export interface ProtoFile {
  readonly imports: readonly string[];
  /** Messages and enums that it declares. */
  readonly types: readonly protobuf.ReflectionObject[];
}

/**
 * Throws when a file uses a type whose file it does not import, imports what does not exist or
 * what it does not use, or when imports run in a circle.
 */
export function checkImports(
  files: ReadonlyMap<string, ProtoFile>,
  messages: Descriptor["messages"],
): void {
  const homes = new Map<string, string>();
  for (const [name, { types }] of files) {
    for (const type of types) homes.set(type.fullName.slice(1), name);
  }
  for (const [name, { imports, types }] of files) {
    const declared = types.flatMap((type) => messages[type.fullName.slice(1)]?.fields ?? []);
    const used = new Set(declared.map(({ type }) => homes.get(type)).filter(isSet));
    used.delete(name);
    const missing = [...used].find((one) => !imports.includes(one));
    if (missing !== undefined) throw new Error(`${name}: does not import ${missing}`);
    const wrong = imports.find((one) => !used.has(one) && !isAboutOptions(one));
    if (wrong !== undefined) throw new Error(`${name}: imports ${wrong} in vain`);
  }
  const done = new Set<string>();
  for (const name of files.keys()) refuseCircle(files, name, [], done);
}

const isSet = (name: string | undefined): name is string => name !== undefined;
const isAboutOptions = (name: string): boolean =>
  name.startsWith("google/protobuf/") || name === "k8s/schema/options.proto";

function refuseCircle(
  files: ReadonlyMap<string, ProtoFile>,
  name: string,
  above: readonly string[],
  done: Set<string>,
): void {
  if (above.includes(name)) {
    throw new Error(`imports run in a circle: ${[...above, name].join(" → ")}`);
  }
  if (done.has(name)) return;
  for (const one of files.get(name)?.imports ?? []) {
    refuseCircle(files, one, [...above, name], done);
  }
  done.add(name);
}
