/** What this machine has, for a node that runs on it; a simulated node has what it is given. */
import { readFileSync } from "node:fs";
import { arch, cpus, networkInterfaces, release, totalmem } from "node:os";
import type { KubeletConfig } from "../config.ts";
import type { NodeFacts } from "./decide.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const gibibyte = 2 ** 30;
const simulatedAmounts = { cpus: 8, memoryBytes: 32 * gibibyte };
const diskBytes = 100 * gibibyte;
const podsMaxDefault = 110;

function firstLine(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8").split("\n")[0]?.trim() || otherwise;
  } catch {
    return otherwise;
  }
}

function osImage(): string {
  try {
    const release = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? "Linux";
  } catch {
    return "Linux";
  }
}

/** The address under which containers' host is reached; loopback where there is no other. */
function hostAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outward = addresses.find(({ family, internal }) => family === "IPv4" && !internal);
  return outward?.address ?? "127.0.0.1";
}

const nodesPerByte = 256;

/** `10.244.<n>.0/24` of the node's number at the end of its name; the network grows upwards. */
export function podCidrOf(nodeName: string): string {
  const number = Number(/(\d+)$/.exec(nodeName)?.[1] ?? 0);
  return `10.${244 + (Math.floor(number / nodesPerByte) % 12)}.${number % nodesPerByte}.0/24`;
}

/** All but the runtime's version, which is known once there is a connection to it. */
export function nodeFacts(name: string, config: KubeletConfig, bootId: string): NodeFacts {
  const isSimulated = config.runtime === "simulated";
  const real = { cpus: cpus().length, memoryBytes: totalmem() };
  const amounts = isSimulated ? simulatedAmounts : real;
  return {
    name,
    hostIp: config.hostIp ?? (isSimulated ? "127.0.0.1" : hostAddress()),
    podCidr: config.podCidr ?? podCidrOf(name),
    cpus: config.cpus ?? amounts.cpus,
    memoryBytes: config.memoryBytes ?? amounts.memoryBytes,
    diskBytes,
    podsMax: config.podsMax ?? podsMaxDefault,
    runtimeVersion: "",
    architecture: architectures[arch()] ?? arch(),
    kernelVersion: release(),
    osImage: osImage(),
    machineId: firstLine("/etc/machine-id", "0".repeat(32)),
    bootId,
  };
}
