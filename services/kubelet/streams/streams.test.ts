/** A node's streams over a real bus: commands, attachment, ports, and refusals. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NodeVerb } from "#libs/bus/subjects.ts";
import { container, podOf } from "../pod/example.ts";
import { startNode, type TestNode, textOf } from "./fixture.ts";

let node: TestNode;

const withMetadata = (uid: string, name: string, annotations: Record<string, string> = {}) => ({
  ...podOf({ containers: [{ name: "main", image: "i", ports: [{ containerPort: 80 }] }] }),
  metadata: { uid, name, namespace: "shop", annotations },
});

beforeAll(async () => {
  node = await startNode();
  const main = container("main", { ports: [{ containerPort: 80 }] });
  const ports = { "simulated.kubus.io/ports": '{"7000":"echo"}' };
  await node.run(withMetadata("u1", "web", ports), main);
  const typing = container("main", { stdin: true, stdinOnce: true, command: ["sh"] });
  await node.run(withMetadata("u2", "shell"), typing);
  await node.run(withMetadata("u3", "empty"));
});

afterAll(() => node.stop());

const exec = (command: readonly string[], more: object = {}) =>
  node.session("exec", {
    uid: "u1",
    container: "main",
    stdout: true,
    stderr: true,
    command,
    ...more,
  });

test("a command runs to its end", async () => {
  const session = await exec(["sh", "-c", "echo out; echo err >&2; exit 3"]);
  expect(await Promise.all([textOf(session, 1), textOf(session, 2)])).toEqual(["out\n", "err\n"]);
  expect(await session.over).toMatchObject({ exitCode: 3, message: "" });
});

test("its input has an end", async () => {
  const session = await exec(["wc", "-c"], { stdin: true });
  await session.channel(0).write(Buffer.from("12345"));
  session.channel(0).end();
  expect(await textOf(session)).toBe("5\n");
});

test("it ends with its user", async () => {
  const session = await exec(["sh", "-c", "sleep 100; touch /tmp/late"]);
  session.finish();
  const after = await exec(["ls", "/tmp"]);
  expect(await textOf(after)).toBe("");
});

test("it ends with its container", async () => {
  await node.run(withMetadata("u4", "doomed"), container("main"));
  const session = await exec(["sh", "-c", "echo begun; sleep 100"], { uid: "u4" });
  const output = session.channel(1)[Symbol.asyncIterator]();
  await output.next();
  node.runtime.kill("u4", "main", 137);
  expect(await session.over).toMatchObject({ exitCode: 137 });
});

test("sizes of the terminal reach it", async () => {
  const session = await exec(["sh"], { stdin: true, tty: true });
  session.resize({ width: 99, height: 33 });
  await session.channel(0).write(Buffer.from("stty size\rexit\r"));
  expect(await textOf(session)).toContain("33 99\r\n");
});

test("a shell that is attached to ends its container", async () => {
  const wanted = { uid: "u2", container: "main", stdin: true, stdout: true };
  const session = await node.session("attach", wanted);
  await session.channel(0).write(Buffer.from("hostname\nexit 4\n"));
  expect(await textOf(session)).toBe("shell\n");
  expect(await session.over).toMatchObject({ message: "" });
  const [ended] = (await node.runtime.get("u2"))?.containers ?? [];
  expect(ended).toMatchObject({ state: "exited", exitCode: 4 });
});

describe("ports", () => {
  const forward = (port: number) => node.session("portforward", { uid: "u1", port });

  test("that are declared speak HTTP", async () => {
    const session = await forward(80);
    await session.channel(0).write(Buffer.from("GET /x HTTP/1.0\r\n\r\n"));
    expect(await textOf(session, 0)).toContain("shop/web answers GET /x on port 80\n");
  });

  test("are scripted", async () => {
    const session = await forward(7000);
    await session.channel(0).write(Buffer.from("echo"));
    session.channel(0).end();
    expect(await textOf(session, 0)).toBe("echo");
    expect(await session.over).toMatchObject({ message: "" });
  });

  test("are closed elsewhere", async () => {
    const { message } = await (await forward(9)).over;
    expect(message).toMatch(
      /^error forwarding port 9 to pod [-0-9a-f]+, uid : failed to connect to localhost:9 inside/,
    );
    expect(message).toContain("dial tcp4 127.0.0.1:9: connect: connection refused");
  });
});

test.each<[NodeVerb, object, number, string]>([
  ["exec", { uid: "u9", container: "main" }, 404, "pod does not exist"],
  ["exec", { uid: "u1", container: "other" }, 500, 'container not found ("other")'],
  ["attach", { uid: "u3", container: "main" }, 500, 'container not found ("main")'],
  ["portforward", { uid: "u9", port: 1 }, 404, "pod does not exist"],
])("%s of %j is refused", async (verb, request, code, message) => {
  expect(await node.open(verb, request)).toEqual({ code, message });
});
