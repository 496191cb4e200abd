/** The doors of streams over TLS: who may enter, what is spoken, and what is refused. */
import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { ensurePki } from "../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { openDoor, type TestDoor } from "../http/fixtures/door.ts";
import { startKubelet, type TestKubelet } from "../http/fixtures/kubelet.ts";
import { SpdyClient } from "./spdy/fixture.ts";

const pods = resources.find(({ plural }) => plural === "pods") as ResourceDefinition;
const base = "/api/v1/namespaces/ns/pods";

let door: TestDoor;
let kubelet: TestKubelet;

beforeAll(async () => {
  kubelet = await startKubelet("n1");
  door = await openDoor(ensurePki, {
    nodes: kubelet.nodes,
    auth: {
      tokens: new Map([["reader", { name: "reader", groups: [] }]]),
      authorizers: [
        ({ user, verb }) =>
          user.name === "reader" && verb === "get"
            ? { decision: "allow", reason: "" }
            : { decision: "noOpinion", reason: "" },
      ],
    },
  });
  const put = (name: string, spec: object) =>
    door.registry.put(pods, { metadata: { name, namespace: "ns", uid: "u" }, spec } as object);
  put("one", { nodeName: "n1", containers: [{ name: "c" }] });
  put("unbound", { containers: [{ name: "c" }] });
});

afterAll(async () => {
  await door.close();
  await kubelet.stop();
});

beforeEach(() => {
  // Echoes its input, and ends with it.
  kubelet.serve = async (session) => {
    for await (const data of session.channel(0)) await session.channel(1).write(data);
    return { exitCode: 7 };
  };
});

const tls = () => ({ ca: door.pki.ca, ...door.pki.admin });

function webSocket(path: string, protocols: string[]): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${door.server.port}${base}/${path}`, protocols, tls());
}

interface Changed {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  readonly socket?: Duplex;
  readonly head?: Buffer;
}

/** Asks to change the protocol. */
function upgrade(
  path: string,
  headers: Readonly<Record<string, string | string[]>>,
  method = "POST",
): Promise<Changed> {
  const asked = httpsRequest({
    ...(headers["authorization"] ? { ca: door.pki.ca } : tls()),
    host: "127.0.0.1",
    port: door.server.port,
    method,
    path: `${base}/${path}`,
    headers: { connection: "Upgrade", ...headers },
  });
  return new Promise((resolve, reject) => {
    asked.once("error", reject);
    asked.once("upgrade", ({ statusCode: status = 0, headers: answered }, socket, head) =>
      resolve({ status, headers: answered, text: "", socket, head }),
    );
    asked.once("response", (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => (text += String(part)));
      answer.once("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
      );
    });
    asked.end();
  });
}

const spdy = (...versions: string[]) => ({
  upgrade: "SPDY/3.1",
  ...(versions.length > 0 ? { "x-stream-protocol-version": versions } : {}),
});

describe("WebSockets", () => {
  test.each(["v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io", ""])(
    "speak %j",
    async (protocol) => {
      const query = "stdin=true&stdout=true&command=cat";
      const ws = webSocket(`one/exec?${query}`, protocol === "" ? [] : [protocol]);
      const messages: Buffer[] = [];
      ws.on("message", (data: Buffer) => messages.push(data));
      await once(ws, "open");
      expect(ws.protocol).toBe(protocol);
      ws.send(Buffer.from([0, 104, 105]));
      if (protocol === "v5.channel.k8s.io") ws.send(Buffer.from([255, 0]));
      else {
        while (messages.length < 2) await once(ws, "message");
        for (const session of kubelet.sessions) session.finish({ exitCode: 7 });
      }
      await once(ws, "close");
      expect(messages[0]).toEqual(Buffer.from([1]));
      expect(messages[1]).toEqual(Buffer.from([1, 104, 105]));
      const words = messages[2]?.subarray(1).toString() ?? "";
      if (protocol.startsWith("v")) expect(JSON.parse(words)).toMatchObject({ status: "Failure" });
      else expect(words).toContain("exit code 7");
    },
  );

  test("speak base64 in text", async () => {
    const protocol = "v4.base64.channel.k8s.io";
    const ws = webSocket("one/exec?stdin=true&stdout=true&command=cat", [protocol]);
    const messages: string[] = [];
    ws.on("message", (data: Buffer) => messages.push(data.toString()));
    await once(ws, "open");
    ws.send(`0${Buffer.from("hi").toString("base64")}`);
    while (messages.length < 2) await once(ws, "message");
    expect(messages.slice(0, 2)).toEqual(["1", `1${Buffer.from("hi").toString("base64")}`]);
    ws.close();
  });

  test("that leave end the session", async () => {
    const ws = webSocket("one/exec?stdin=true&stdout=true&command=cat", ["v5.channel.k8s.io"]);
    await once(ws, "open");
    const [session] = kubelet.sessions;
    ws.terminate();
    expect(await session?.over).toMatchObject({ lost: false });
  });

  test("forward ports, each with two channels", async () => {
    kubelet.serve = async (session, { request }) => {
      if (request["port"] === 81) return { message: "refused" };
      for await (const data of session.channel(0)) await session.channel(0).write(data);
      return {};
    };
    const ws = webSocket("one/portforward?ports=80&ports=81", ["v4.channel.k8s.io"]);
    const messages: Buffer[] = [];
    ws.on("message", (data: Buffer) => messages.push(data));
    await once(ws, "open");
    ws.send(Buffer.from([0, 1, 2, 3]));
    while (messages.length < 6) await once(ws, "message");
    const told = messages.map((each) => each.toString("latin1")).toSorted();
    expect(told).toEqual([
      "\0\x01\x02\x03",
      "\0P\0",
      "\x01P\0",
      "\x02Q\0",
      "\x03Q\0",
      "\x03refused",
    ]);
    ws.close();
  });
});

describe("SPDY", () => {
  test.each([
    ["v4.channel.k8s.io", true],
    ["v2.channel.k8s.io", false],
    ["", false],
  ])("speaks %j", async (version, hasStatus) => {
    const offered = version === "" ? [] : ["v9.channel.k8s.io", version];
    const path = "one/exec?stdin=true&stdout=true&command=cat";
    const { headers, socket, head } = await upgrade(path, spdy(...offered));
    expect(headers["x-stream-protocol-version"]).toBe(version === "" ? undefined : version);
    const client = new SpdyClient(socket as Duplex, head);
    const [error, stdin, stdout] = ["error", "stdin", "stdout"].map((streamtype) =>
      client.open({ streamtype }),
    );
    stdin?.write("over there", true);
    expect(await stdout?.text()).toBe("over there");
    const told = (await error?.text()) ?? "";
    if (hasStatus) expect(JSON.parse(told)).toMatchObject({ reason: "NonZeroExitCode" });
    else expect(told).toContain("exit code 7");
    socket?.destroy();
  });

  test("forwards connections in pairs of streams", async () => {
    kubelet.serve = async (session, { request }) => {
      if (request["port"] === 81) return { message: "nothing listens" };
      for await (const data of session.channel(0)) await session.channel(0).write(data);
      return {};
    };
    const { socket, head } = await upgrade("one/portforward", spdy("portforward.k8s.io"));
    const client = new SpdyClient(socket as Duplex, head);
    const open = (streamtype: string, port: string, requestid: string) =>
      client.open({ streamtype, port, requestid });
    const [errors, refused] = [open("error", "80", "0"), open("error", "81", "1")];
    const [data] = [open("data", "80", "0"), open("data", "81", "1")];
    data.write("ping", true);
    expect(await Promise.all([data.text(), errors.text()])).toEqual(["ping", ""]);
    expect(await refused.text()).toBe("nothing listens");
    await expect(open("data", "0", "2").text()).rejects.toThrow("reset");
    await expect(open("sound", "80", "3").text()).rejects.toThrow("reset");
    socket?.destroy();
  });
});

describe("what is refused", () => {
  const plain = (path: string, method = "POST") => door.call({ method, path: `${base}/${path}` });

  test.each([
    ["one/exec?command=x&stdout=true", 400, "Upgrade request required"],
    ["one/portforward", 400, "Upgrade request required"],
    ["unbound/exec?command=x&stdout=true", 400, "pod unbound does not have a host assigned"],
    ["one/exec?container=z", 400, "container z is not valid for pod one"],
    ["none/attach", 404, 'pods "none" not found'],
  ])("%s is %i", async (path, code, message) => {
    const { status, json } = await plain(path);
    expect([status, json["message"]]).toEqual([code, message]);
  });

  test.each([
    [
      "no protocol that is known",
      "one/exec?stdout=true&command=x",
      spdy("v9.channel.k8s.io"),
      403,
      "unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io], " +
        "server accepts [v5.channel.k8s.io v4.channel.k8s.io v3.channel.k8s.io " +
        "v2.channel.k8s.io channel.k8s.io]\n",
    ],
    [
      "no streams",
      "one/exec?command=x",
      spdy("v4.channel.k8s.io"),
      400,
      "you must specify at least 1 of stdin, stdout, stderr\n",
    ],
    [
      "no handshake",
      "one/exec?command=x&stdout=true",
      { upgrade: "websocket", "sec-websocket-version": "8", "sec-websocket-key": "x" },
      400,
      "bad handshake: this is no WebSocket of version 13\n",
    ],
    [
      "another upgrade",
      "one/exec?command=x&stdout=true",
      { upgrade: "h2c" },
      400,
      "unable to upgrade: missing upgrade headers in request: h2c\n",
    ],
  ])("%s", async (_, path, headers, code, text) => {
    const answer = await upgrade(path, headers);
    expect([answer.status, answer.text]).toEqual([code, text]);
  });

  test("the kubelet's own words are passed on", async () => {
    kubelet.refusal = { code: 500, message: 'container not found ("c")' };
    const path = "one/exec?command=x&stdout=true";
    const answer = await upgrade(path, spdy("v4.channel.k8s.io"));
    kubelet.refusal = undefined;
    expect([answer.status, answer.text]).toEqual([500, 'container not found ("c")\n']);
  });

  test("who may only read pods runs nothing in them", async () => {
    const headers = {
      authorization: "Bearer reader",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      "sec-websocket-protocol": "v5.channel.k8s.io",
    };
    const { status, text } = await upgrade("one/exec?command=x&stdout=true", headers, "GET");
    expect(status).toBe(403);
    expect((JSON.parse(text) as { message: string }).message).toBe(
      'pods "one" is forbidden: User "reader" cannot create resource "pods/exec" ' +
        'in API group "" in the namespace "ns"',
    );
  });
});
