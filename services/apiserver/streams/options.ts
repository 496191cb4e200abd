/** What a request for a stream asks for, from its query. Pure. */
import { queryBoolean } from "../http/options/query.ts";
import { NodeRefusal } from "./node.ts";

export interface CommandOptions {
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** A terminal has one output: its errors are not asked for apart. */
export function commandOptions(query: URLSearchParams): CommandOptions {
  const flag = (name: string) => queryBoolean(query, name) ?? false;
  const tty = flag("tty");
  return {
    container: query.get("container") ?? "",
    command: query.getAll("command"),
    stdin: flag("stdin"),
    stdout: flag("stdout"),
    stderr: flag("stderr") && !tty,
    tty,
  };
}

const badRequest = 400;
const portMax = 65_535;

/** Throws as the kubelet refuses a command without streams. */
export function requireStreams({ stdin, stdout, stderr }: CommandOptions): void {
  if (stdin || stdout || stderr) return;
  throw new NodeRefusal(badRequest, "you must specify at least 1 of stdin, stdout, stderr");
}

/** Ports of a forwarding by channels: `ports=80&ports=443,444`. Throws NodeRefusal. */
export function forwardedPorts(query: URLSearchParams): number[] {
  const given = query.getAll("ports");
  if (given.length === 0) {
    throw new NodeRefusal(badRequest, 'query parameter "port" is required');
  }
  return given.flatMap((text) => text.split(",").map((part) => portNumber(part, text)));
}

/** Throws NodeRefusal for what is no port. `whole`: the text that it stands in. */
export function portNumber(part: string, whole = part): number {
  if (part === "") throw new NodeRefusal(badRequest, 'query parameter "port" cannot be empty');
  const port = Number(part);
  if (!/^\d+$/.test(part) || port > portMax) {
    const fault = /^\d+$/.test(part) ? "value out of range" : "invalid syntax";
    const why = `strconv.ParseUint: parsing "${part}": ${fault}`;
    throw new NodeRefusal(badRequest, `unable to parse "${whole}" as a port: ${why}`);
  }
  if (port < 1) throw new NodeRefusal(badRequest, `port "${whole}" must be > 0`);
  return port;
}
