/** On a whole control plane: numbers of 64 bits, and clients that cannot starve each other. */
import { connect, type ClientHttp2Session } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exactCodecOf, decodeUnknown } from "#libs/schema/index.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { startControlPlane, type ControlPlane } from "../golden/server.ts";

const startMsMax = 60_000;

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let plane: ControlPlane;
let session: ClientHttp2Session;

beforeAll(async () => {
  plane = await startControlPlane();
  session = connect(plane.url, { rejectUnauthorized: false });
  session.setMaxListeners(0);
}, startMsMax);
afterAll(async () => {
  session.destroy();
  await plane.stop();
}, startMsMax);

function call({ method = "GET", path, headers = {}, body }: Call) {
  return new Promise<{ status: number; bytes: Buffer; text: string }>((resolve, reject) => {
    const stream = session.request({
      ":method": method,
      ":path": path,
      authorization: `Bearer ${plane.token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    });
    let status = 0;
    const chunks: Buffer[] = [];
    stream.on("response", (answer) => (status = Number(answer[":status"])));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const bytes = Buffer.concat(chunks);
      resolve({ status, bytes, text: bytes.toString("utf8") });
    });
    stream.on("error", reject);
    stream.end(body);
  });
}

describe("integers beyond 2^53 keep their digits", () => {
  const home = "/api/v1/namespaces/default/pods";
  const seconds = "9007199254740993";
  const largest = "9223372036854775807";
  const pod = (name: string) =>
    `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}","finalizers":["a.b/c"]},"spec":` +
    `{"terminationGracePeriodSeconds":${seconds},"nodeName":"n","containers":[{"name":"c",` +
    `"image":"i"}],"tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute",` +
    `"tolerationSeconds":${largest}}]}}`;

  test("in every form, and through every patch", async () => {
    const created = await call({ method: "POST", path: home, body: pod("big") });
    expect([created.status, created.text]).toEqual([
      201,
      expect.stringContaining(`"terminationGracePeriodSeconds":${seconds}`),
    ]);
    const patched = await call({
      method: "PATCH",
      path: `${home}/big`,
      headers: { "content-type": "application/strategic-merge-patch+json" },
      body: '{"metadata":{"labels":{"a":"b"},"annotations":{"n":"1"}}}',
    });
    expect(patched.text).toContain(`"tolerationSeconds":${largest}`);
    const tested = await call({
      method: "PATCH",
      path: `${home}/big`,
      headers: { "content-type": "application/json-patch+json" },
      body: `[{"op":"test","path":"/spec/terminationGracePeriodSeconds","value":${seconds}}]`,
    });
    expect(tested.status).toBe(200);
    const off = await call({
      method: "PATCH",
      path: `${home}/big`,
      headers: { "content-type": "application/json-patch+json" },
      body: '[{"op":"test","path":"/spec/terminationGracePeriodSeconds","value":9007199254740992}]',
    });
    expect(off.status).toBe(422);
    for (const [accept, form] of [
      ["application/yaml", `terminationGracePeriodSeconds: ${seconds}\n`],
      ["application/json", `"tolerationSeconds":${largest}`],
    ] as const) {
      const { text } = await call({ path: `${home}/big`, headers: { accept } });
      expect(text).toContain(form);
    }
    const pretty = await call({ path: `${home}?pretty=1` });
    expect(pretty.text).toContain(`"tolerationSeconds": ${largest}`);
    const accept = "application/vnd.kubernetes.protobuf";
    const { bytes } = await call({ path: `${home}/big`, headers: { accept } });
    const { spec } = exactCodecOf<Pod>("k8s.core.v1.Pod").decode(decodeUnknown(bytes).raw);
    expect(spec?.tolerations?.[0]?.tolerationSeconds).toBe(2n ** 63n - 1n);
  });

  test("and a pod with that much patience can be deleted", async () => {
    const { status, text } = await call({ method: "DELETE", path: `${home}/big` });
    expect(status).toBe(200);
    expect(text).toContain(`"deletionGracePeriodSeconds":${seconds}`);
    expect(text).toContain('"deletionTimestamp":"9999-12-31T23:59:59Z"');
  });

  test("more than 64 bits are refused with what was written", async () => {
    const body = pod("more").replace(largest, "9223372036854775808");
    const { status, text } = await call({ method: "POST", path: home, body });
    expect(status).toBe(400);
    expect(text).toContain(
      "json: cannot unmarshal number 9223372036854775808 into Go struct field " +
        "Toleration.spec.tolerations.tolerationSeconds of type int64",
    );
  });
});

test("numbers are told under Kubernetes' names", async () => {
  const { text } = await call({ path: "/metrics" });
  for (const sample of [
    'apiserver_storage_objects{resource="flowschemas.flowcontrol.apiserver.k8s.io"} 11',
    'apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-low"} 245',
    'etcd_requests_total{operation="create",group="",resource="namespaces"}',
    "kubernetes_build_info{",
    'apiserver_current_inflight_requests{request_kind="mutating"}',
    "process_resident_memory_bytes ",
  ]) {
    expect(text).toContain(sample);
  }
});

/** Requests of one client by the thousand; a connection takes 250 of them at a time. */
function startFlood(headers: Readonly<Record<string, string>>) {
  const statuses: number[] = [];
  const sessions = Array.from({ length: 8 }, () =>
    // What breaks a connection breaks its requests.
    connect(plane.url, { rejectUnauthorized: false }).on("error", () => undefined),
  );
  const requests = sessions.flatMap((own) =>
    Array.from({ length: 240 }, () => {
      const stream = own.request(headers);
      stream.on("response", (answer) => statuses.push(Number(answer[":status"])));
      return new Promise<void>((resolve, reject) => {
        stream.on("end", resolve).on("error", reject).resume();
      });
    }),
  );
  const ended = Promise.all(requests).finally(() => {
    for (const own of sessions) own.destroy();
  });
  return { statuses, count: requests.length, ended };
}

describe("one noisy client", () => {
  const as = (user: string) => ({ "impersonate-user": user, "impersonate-group": "people" });
  const read = "/api/v1/namespaces/default";

  beforeAll(async () => {
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "people" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "people" }],
    };
    const path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    await call({ method: "POST", path, body: JSON.stringify(binding) });
  });

  // A machine that is so busy that components begin anew cuts connections off.
  test("does not starve another of the same level", { retry: 2 }, async () => {
    const quietly = async () => (await call({ path: read, headers: as("quiet") })).status;
    await expect.poll(quietly).toBe(200);
    const headers = { authorization: `Bearer ${plane.token}`, ...as("noisy"), ":path": read };
    const flood = startFlood(headers);
    await expect.poll(() => flood.statuses.length).toBeGreaterThan(0);
    const quiet = await call({ path: read, headers: as("quiet") });
    const root = await call({ path: read });
    const before = flood.statuses.length;
    await flood.ended;
    expect([quiet.status, root.status]).toEqual([200, 200]);
    // They were answered before the flood had gone, which was cut to what its queues hold.
    expect(before).toBeLessThan(flood.count);
    const { text } = await call({ path: "/metrics" });
    const flow = 'priority_level="global-default",flow_schema="global-default"';
    const numberOf = (name: string, more = "") =>
      Number(
        new RegExp(`^apiserver_flowcontrol_${name}\\{${flow}${more}\\} (\\d+)`, "m").exec(
          text,
        )?.[1],
      );
    expect(numberOf("dispatched_requests_total")).toBeGreaterThan(300);
    expect(numberOf("current_inqueue_requests")).toBe(0);
    expect(numberOf("current_executing_seats")).toBe(0);
    const [refused = 0, served = 0] = [429, 200].map(
      (wanted) => flood.statuses.filter((status) => status === wanted).length,
    );
    expect(refused + served).toBe(flood.count);
    if (refused > 0) {
      expect(numberOf("rejected_requests_total", ',reason="queue-full"')).toBe(refused);
    }
  });
});
