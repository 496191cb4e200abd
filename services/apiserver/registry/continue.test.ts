import { describe, expect, it } from "vitest";
import { decodeContinue, encodeContinue } from "./continue.ts";

const token = (value: object | string) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

describe("a continue token", () => {
  it.each([
    ["in one namespace", "n", { namespace: "n", name: "a" }],
    ["over all namespaces", "", { namespace: "n", name: "a.b" }],
    ["of cluster scope", "", { namespace: "", name: "a" }],
  ] as const)("comes back as it went, %s", (_title, namespace, after) => {
    const position = { revision: 12, after };
    expect(decodeContinue(encodeContinue(position, namespace), namespace)).toEqual(position);
  });

  const prefix = "invalid continue token: continue key is not valid: ";
  it.each([
    ["!!", "illegal base64 data at input byte 0"],
    [token("abc"), "invalid character 'a' looking for beginning of value"],
    [
      token({ v: "meta.k8s.io/v1", rv: 10, start: "" }),
      "encoded start key empty (version meta.k8s.io/v1)",
    ],
    [token({ v: "v9", rv: 10, start: "a" }), "server does not recognize this encoded version v9"],
    [token({ v: "meta.k8s.io/v1", rv: 10, start: "../../a" }), "../../a"],
    [
      token({ v: "meta.k8s.io/v1", rv: 0, start: "a" }),
      "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
    ],
  ])("%s is refused", (text, why) => {
    expect(() => decodeContinue(text, "")).toThrow(prefix + why);
  });
});
