import { describe, expect, test } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import { resources } from "#libs/api/index.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { codecOf } from "#libs/schema/codec.ts";
import { decodeUnknown } from "#libs/schema/unknown.ts";
import { versionOf } from "../fixtures/memory-registry.ts";
import type { Conversion, Encoding } from "../negotiate.ts";
import { parseYaml } from "../body/yaml.ts";
import { encodeList, encodeVersion, type View } from "./answer.ts";
import { itemJson } from "./json.ts";
import { statusMessage } from "./status-message.ts";
import { includeObject } from "./table.ts";
import { writeYaml } from "./yaml.ts";

const configmaps = resources.find(({ plural }) => plural === "configmaps") as ResourceDefinition;
const pods = resources.find(({ plural }) => plural === "pods") as ResourceDefinition;
const object = (name: string): KubeObject =>
  ({ metadata: { name, namespace: "ns" }, data: { k: "<v>" } }) as KubeObject;
const view = (encoding: Encoding, conversion: Conversion = { type: "none" }): View => ({
  media: { encoding, pretty: false, conversion, stream: false },
  include: "Metadata",
  now: 0,
});
const partial = (list: boolean): Conversion => ({ type: "partial", version: "v1", list });
const tables: Conversion = { type: "table", version: "v1" };
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
const whole = (parts: Iterable<Uint8Array>) => Buffer.concat([...parts]);

describe("YAML", () => {
  test.each([
    [{ a: "x" }, "a: x\n"],
    [{ b: 1, a: [1, { c: 2, b: [] }] }, "a:\n- 1\n- b: []\n  c: 2\nb: 1\n"],
    [{}, "{}\n"],
    [{ a: { b: undefined } }, "a: {}\n"],
    [{ a: "true" }, 'a: "true"\n'],
    [{ a: "1.5" }, 'a: "1.5"\n'],
    [{ a: "" }, 'a: ""\n'],
    [{ a: "2001-01-01T00:00:00Z" }, 'a: "2001-01-01T00:00:00Z"\n'],
    [{ a: "x: y" }, "a: 'x: y'\n"],
    [{ a: "- x" }, "a: '- x'\n"],
    [{ a: "it's #1" }, "a: 'it''s #1'\n"],
    [{ a: "it's" }, "a: it's\n"],
    [{ a: "l1\nl2\n" }, "a: |\n  l1\n  l2\n"],
    [{ a: "l1\nl2" }, "a: |-\n  l1\n  l2\n"],
    [{ a: "l1\n\n" }, "a: |+\n  l1\n\n"],
    [{ a: "tab\there\n" }, 'a: "tab\\there\\n"\n'],
    [{ a: " l1\nl2" }, "a: |2-\n   l1\n  l2\n"],
    [{ a: "\u0001" }, 'a: "\\x01"\n'],
    [{ a10: 1, a9: 2, a: 3 }, "a: 3\na9: 2\na10: 1\n"],
    [{ yes: 1 }, '"yes": 1\n'],
    [{ a: null, b: false, c: 1e21 }, "a: null\nb: false\nc: 1e+21\n"],
  ])("%j", (value, expected) => {
    expect(writeYaml(value)).toBe(expected);
  });

  test("long text is folded and comes back whole", () => {
    const long = `${"word ".repeat(60)}end`;
    const written = writeYaml({ message: long, quoted: `${long}: x` });
    expect(Math.max(...written.split("\n").map((line) => line.length))).toBeLessThan(90);
    expect(parseYaml(written).value).toEqual({ message: long, quoted: `${long}: x` });
  });
});

describe("JSON lists", () => {
  test("items lose their type wherever it stands", () => {
    const version = versionOf(configmaps, object("a"), 3);
    expect(text(itemJson(version))).toBe(
      ',{"metadata":{"name":"a","namespace":"ns","resourceVersion":"3"},"data":{"k":"<v>"}}',
    );
    const { kind, apiVersion, ...rest } = version.object;
    const last = Buffer.from(JSON.stringify({ ...rest, kind, apiVersion }));
    const item = itemJson({ ...version, json: last });
    expect(JSON.parse(text(item.subarray(1)))).toEqual(rest);
  });

  test("say where the next page begins", () => {
    const listed = {
      versions: [versionOf(configmaps, object("a"), 3)],
      resourceVersion: "9",
      continue: "token",
      remainingItemCount: 4,
    };
    const { parts, contentType } = encodeList(configmaps, listed, view("json"));
    expect(contentType).toBe("application/json");
    expect(JSON.parse(text(whole(parts)))).toMatchObject({
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: "9", continue: "token", remainingItemCount: 4 },
      items: [{ data: { k: "<v>" } }],
    });
  });
});

describe("protobuf", () => {
  const versions = ["a", "b"].map((name, index) => versionOf(configmaps, object(name), index + 1));
  const listed = {
    versions,
    resourceVersion: "9",
    continue: "",
    remainingItemCount: undefined,
  };

  test("a list joined from its items is a list", () => {
    const bytes = whole(encodeList(configmaps, listed, view("protobuf")).parts);
    const { apiVersion, kind, raw } = decodeUnknown(bytes);
    expect([apiVersion, kind]).toEqual(["v1", "ConfigMapList"]);
    const list = codecOf<{ items: KubeObject[] }>("k8s.core.v1.ConfigMapList").decode(raw);
    expect(list).toMatchObject({ metadata: { resourceVersion: "9" } });
    expect(list.items.map(({ metadata }) => metadata?.name)).toEqual(["a", "b"]);
  });

  test("so is a list of partial objects", () => {
    const bytes = whole(encodeList(configmaps, listed, view("protobuf", partial(true))).parts);
    const { apiVersion, kind, raw } = decodeUnknown(bytes);
    expect([apiVersion, kind]).toEqual(["meta.k8s.io/v1", "PartialObjectMetadataList"]);
    const message = "k8s.meta.v1.PartialObjectMetadataList";
    expect(codecOf<{ items: unknown[] }>(message).decode(raw).items).toHaveLength(2);
  });

  test("a Status is Kubernetes' own, byte for byte", () => {
    const bytes = statusMessage({
      status: "Failure",
      message: 'secrets "none" not found',
      reason: "NotFound",
      details: { name: "none", kind: "secrets" },
      code: 404,
    });
    expect(Buffer.from(bytes).toString("latin1")).toBe(
      "\n\u0006\n\u0000\u0012\u0000\u001a\u0000\u0012\u0007Failure\u001a\u0018" +
        'secrets "none" not found"\bNotFound*\u0015\n\u0004none\u0012\u0000\u001a\u0007secrets' +
        "(\u00002\u00000\u0094\u0003",
    );
  });
});

describe("tables", () => {
  test("show cells, and as much of the object as is wanted", () => {
    const version = versionOf(configmaps, object("a"), 3);
    const shown = (include: View["include"]) => {
      const { bytes } = encodeVersion(version, { ...view("json", tables), include });
      return JSON.parse(text(bytes)) as { rows: { cells: unknown[]; object: unknown }[] };
    };
    expect(shown("None").rows).toEqual([{ cells: ["a", 1, "<unknown>"], object: null }]);
    expect(shown("Metadata").rows[0]?.object).toMatchObject({ kind: "PartialObjectMetadata" });
    expect(shown("Object").rows[0]?.object).toMatchObject({ kind: "ConfigMap" });
  });

  test("mark finished pods", () => {
    const pod = { metadata: { name: "p" }, spec: {}, status: { phase: "Succeeded" } };
    const version = versionOf(pods, pod as KubeObject, 1);
    const { bytes } = encodeVersion(version, view("json", tables));
    expect(JSON.parse(text(bytes))).toMatchObject({
      rows: [{ conditions: [{ type: "Completed", status: "True", reason: "Succeeded" }] }],
    });
  });

  test("refuse an unknown wish", () => {
    expect(() => includeObject(new URLSearchParams("includeObject=Frob"))).toThrow(
      'Unable to convert to Table as requested: includeObject: Invalid value: "Frob": must be ' +
        "'Metadata', 'Object', 'None', or empty",
    );
  });
});

test("one and many are not mixed up", () => {
  const version = versionOf(configmaps, object("a"), 3);
  const listed = {
    versions: [version],
    resourceVersion: "1",
    continue: "",
    remainingItemCount: undefined,
  };
  const message = (attempt: () => unknown) => {
    try {
      attempt();
      return "";
    } catch (error) {
      return (error as StatusError).message;
    }
  };
  expect(message(() => encodeVersion(version, view("json", partial(true))))).toBe(
    "you requested PartialObjectMetadataList, but the requested object is not a list " +
      "(*core.ConfigMap)",
  );
  expect(message(() => encodeList(configmaps, listed, view("json", partial(false))))).toBe(
    "you requested PartialObjectMetadata, but the requested object is a list " +
      "(*core.ConfigMapList)",
  );
});
