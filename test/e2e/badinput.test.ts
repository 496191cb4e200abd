/** Bad input gets the error that Kubernetes gives, and leaves everything as it was. */
import { Agent, request } from "node:https";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import { readAccess } from "../../infra/kubus/access.ts";
import { TestCluster } from "./cluster.ts";

const startMsMax = 90_000;

let cluster: TestCluster;
let agent: Agent;
let before: string;

beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 0 });
  const { ca, cert, key } = await readAccess(cluster.folder, cluster.record);
  agent = new Agent({ ca, cert, key, keepAlive: true });
  await cluster.kubectl("create", "configmap", "settled", "--from-literal=a=b");
  await cluster.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=0");
  const observed = "--for=jsonpath={.status.observedGeneration}=1";
  await cluster.kubectl("wait", observed, "deployment/web", "--timeout=30s");
}, startMsMax);

afterAll(async () => {
  agent.destroy();
  await cluster.stop();
});

/** Every object that a bad request could have touched, with its version. */
async function versions(): Promise<string> {
  const path = "{range .items[*]}{.kind}/{.metadata.name}={.metadata.resourceVersion}{'\\n'}{end}";
  const kinds = "configmaps,deployments,replicasets,pods,services,secrets,namespaces";
  return cluster.kubectl("get", kinds, "-A", "-o", `jsonpath=${path}`);
}

beforeEach(async () => {
  before = await versions();
});
afterEach(async () => {
  expect(await versions()).toBe(before);
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly type?: string;
}

interface Answered {
  readonly code: number;
  readonly status: {
    readonly kind?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly code?: number;
    readonly details?: { readonly causes?: readonly Readonly<Record<string, string>>[] };
  };
}

function ask({ method, path, body, type = "application/json" }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
    const asked = request(new URL(path, cluster.record.server), { method, headers, agent });
    asked.on("error", reject);
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => {
        resolve({ code: response.statusCode ?? 0, status: JSON.parse(text) as Answered["status"] });
      });
    });
    asked.end(body);
  });
}

const configmaps = "/api/v1/namespaces/default/configmaps";
const configmap = (fields: object, name = "bad") =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, ...fields });
const long = "x".repeat(10_000);
const megabytes = (count: number) => "m".repeat(count * 1024 * 1024);
const protobuf = "application/vnd.kubernetes.protobuf";
const strict = "?fieldValidation=Strict";
const settled = `${configmaps}/settled`;
const merge = "application/merge-patch+json";

const rows: readonly [name: string, asked: Asked, code: number, reason: string, text: RegExp][] = [
  [
    "JSON cut short",
    { method: "POST", path: configmaps, body: '{"kind":"ConfigMap","apiVersion":"v1",' },
    ...([400, "BadRequest"] as const),
    /unexpected end of JSON input|unexpected EOF/,
  ],
  [
    "no JSON at all",
    { method: "POST", path: configmaps, body: "hello" },
    ...([400, "BadRequest"] as const),
    /invalid character 'h' looking for beginning of value|couldn't get version\/kind/,
  ],
  [
    "an empty body",
    { method: "POST", path: configmaps, body: "" },
    ...([400, "BadRequest"] as const),
    /unexpected end of JSON input|EOF|Object 'Kind' is missing/,
  ],
  [
    "YAML that is none",
    { method: "POST", path: configmaps, body: "a: [b\nc: {", type: "application/yaml" },
    ...([400, "BadRequest"] as const),
    /yaml/,
  ],
  [
    "protobuf without the mark at its start",
    { method: "POST", path: configmaps, body: Buffer.from("nonsense"), type: protobuf },
    ...([400, "BadRequest"] as const),
    /prefix|protobuf/,
  ],
  [
    "protobuf that ends in a field",
    { method: "POST", path: configmaps, body: Buffer.from("k8s\0\x0a\x7fabc"), type: protobuf },
    ...([400, "BadRequest"] as const),
    /the object provided is unrecognized \(must be of type ConfigMap\)/,
  ],
  [
    "a type of body that is not spoken",
    { method: "POST", path: configmaps, body: "a", type: "text/plain" },
    ...([415, "UnsupportedMediaType"] as const),
    /the body of the request was in an unknown format/,
  ],
  [
    "an unknown field, strictly",
    { method: "POST", path: configmaps + strict, body: configmap({ dat: {} }) },
    ...([400, "BadRequest"] as const),
    /strict decoding error: unknown field "dat"/,
  ],
  [
    "a field twice, strictly",
    {
      method: "POST",
      path: configmaps + strict,
      body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"b"}}',
    },
    ...([400, "BadRequest"] as const),
    /strict decoding error: .*duplicate field "metadata.name"/,
  ],
  [
    "a number for text",
    { method: "POST", path: configmaps, body: configmap({ data: { a: 1 } }) },
    ...([400, "BadRequest"] as const),
    /cannot unmarshal number into Go struct field ConfigMap.data of type string/,
  ],
  [
    "text for a number",
    {
      method: "PATCH",
      path: "/apis/apps/v1/namespaces/default/deployments/web",
      body: '{"spec":{"replicas":"many"}}',
      type: merge,
    },
    ...([422, "Invalid"] as const),
    new RegExp(
      "patch: Invalid value: .*cannot unmarshal string into Go struct field " +
        "DeploymentSpec.spec.replicas of type int32",
    ),
  ],
  [
    "another kind",
    {
      method: "POST",
      path: configmaps,
      body: JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "bad" } }),
    },
    ...([400, "BadRequest"] as const),
    /Secret/,
  ],
  [
    "another name than the path's",
    { method: "PUT", path: settled, body: configmap({}, "other") },
    ...([400, "BadRequest"] as const),
    /the name of the object \(other\) does not match the name on the URL \(settled\)/,
  ],
  [
    "a stale version",
    {
      method: "PUT",
      path: settled,
      body: JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settled", resourceVersion: "1" },
      }),
    },
    ...([409, "Conflict"] as const),
    /the object has been modified; please apply your changes to the latest version/,
  ],
  [
    "a body of 4 MB",
    { method: "POST", path: configmaps, body: configmap({ data: { a: megabytes(4) } }) },
    ...([413, "RequestEntityTooLarge"] as const),
    /limit is 3145728/,
  ],
  [
    "more than a config map may hold",
    { method: "POST", path: configmaps, body: configmap({ data: { a: megabytes(2) } }) },
    ...([422, "Invalid"] as const),
    /Too long: may not be more than 1048576 bytes/,
  ],
  [
    "a name of 10,000 characters",
    { method: "POST", path: configmaps, body: configmap({}, long) },
    ...([422, "Invalid"] as const),
    /metadata.name: Invalid value: .*must be no more than 253/,
  ],
  [
    "a path of 10,000 characters",
    { method: "PATCH", path: `${configmaps}/${long}`, body: "{}", type: merge },
    ...([404, "NotFound"] as const),
    /not found/,
  ],
  [
    "a namespace of 10,000 characters",
    { method: "POST", path: `/api/v1/namespaces/${long}/configmaps`, body: configmap({}) },
    ...([404, "NotFound"] as const),
    /not found/,
  ],
  [
    "a patch of a kind that is not known",
    { method: "PATCH", path: settled, body: "{}", type: "application/json" },
    ...([415, "UnsupportedMediaType"] as const),
    /application\/merge-patch\+json/,
  ],
  [
    "a JSON patch that tests for another value",
    {
      method: "PATCH",
      path: settled,
      body: '[{"op":"test","path":"/data/a","value":"c"},{"op":"remove","path":"/data/a"}]',
      type: "application/json-patch+json",
    },
    ...([422, "Invalid"] as const),
    /the server rejected our request due to an error in our request/,
  ],
  [
    "a selector that changes",
    {
      method: "PATCH",
      path: "/apis/apps/v1/namespaces/default/deployments/web",
      body: '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}',
      type: merge,
    },
    ...([422, "Invalid"] as const),
    /field is immutable/,
  ],
  [
    "an object for a namespace that is not there",
    { method: "POST", path: "/api/v1/namespaces/none/configmaps", body: configmap({}) },
    ...([404, "NotFound"] as const),
    /namespaces "none" not found/,
  ],
  [
    "a resource that is not there",
    { method: "POST", path: "/api/v1/namespaces/default/gadgets", body: "{}" },
    ...([404, "NotFound"] as const),
    /the server could not find the requested resource/,
  ],
];

test("a server that was asked for a long name answers everybody else", async () => {
  const gets = [`${configmaps}/${long}`, `/api/v1/namespaces/${long}/configmaps?watch=1`];
  const asked = gets.map((path) => cluster.try(["get", "--raw", path, "--request-timeout=2s"]));
  await Promise.all(asked);
  expect(await cluster.kubectl("get", "configmap", "settled", "-o", "name")).toContain("settled");
});

test.each(rows)("%s", async (_, asked, code, reason, text) => {
  const answer = await ask(asked);
  expect(answer).toMatchObject({ code, status: { kind: "Status", reason, code } });
  expect(answer.status.message).toMatch(text);
});

test("kubectl tells of a field that nobody knows", async () => {
  const { code, stderr } = await cluster.try(["apply", "-f", "-"], {
    input: "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: bad }\ndatas: {}\n",
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/unknown field "datas"/);
});

test("kubectl tells what is wrong with a Deployment, field by field", async () => {
  const { code, stderr } = await cluster.try(["create", "-f", "-"], {
    input: JSON.stringify({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "Bad_Name" },
      spec: { replicas: -1, selector: {}, template: { spec: { containers: [{ name: "a" }] } } },
    }),
  });
  expect(code).toBe(1);
  expect(stderr).toContain('The Deployment "Bad_Name" is invalid:');
  expect(stderr).toContain("* metadata.name: Invalid value");
  expect(stderr).toContain(
    "* spec.replicas: Invalid value: -1: must be greater than or equal to 0",
  );
  expect(stderr).toContain("* spec.template.spec.containers[0].image: Required value");
});
