/** Whether the NATS server can keep what it acknowledges. */
import type { Host } from "#libs/actor/component.ts";
import { DamagedError } from "./damage.ts";

/** The first with control over fsync and without a known loss of whole streams. */
const versionMin = [2, 10, 23] as const;

/** Throws DamagedError on a server that is too old, unless that is wanted. */
export function checkServer({ bus, log }: Host, unsafeDurability: boolean): void {
  const { info } = bus.connection;
  const version = info?.version ?? "";
  if (isRecent(version)) return;
  const text = `nats-server ${version} may lose acknowledged writes; use 2.10.23 or newer`;
  if (!unsafeDurability) throw new DamagedError(`${text}, or set unsafeDurability`);
  log.warn(text);
}

function isRecent(version: string): boolean {
  const parts = version.split(/[.-]/).slice(0, 3).map(Number);
  for (const [index, least] of versionMin.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
