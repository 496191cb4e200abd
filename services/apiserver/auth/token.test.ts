import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { tokenAuthenticator, type BoundObject } from "./token.ts";

const issuer = "https://issuer";
const now = 1_700_000_000;

function token(key: KeyObject, alg: "RS256" | "ES256", more: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: issuer,
    sub: "system:serviceaccount:ns:sa",
    aud: ["api"],
    exp: now + 60,
    nbf: now - 60,
    jti: "j1",
    "kubernetes.io": { namespace: "ns", serviceaccount: { name: "sa", uid: "u1" } },
    ...more,
  };
  const signed = `${part({ alg })}.${part(claims)}`;
  const how = alg === "ES256" ? ({ key, dsaEncoding: "ieee-p1363" } as const) : key;
  return `${signed}.${sign("sha256", Buffer.from(signed), how).toString("base64url")}`;
}

describe("tokens", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = ({ publicKey }: { publicKey: KeyObject }) =>
    publicKey.export({ type: "spki", format: "pem" }).toString();
  const gone = new Set<string>();
  const looked: BoundObject[] = [];
  const authenticator = tokenAuthenticator({
    tokens: new Map([["secret", { name: "static", groups: ["g"] }]]),
    publicKeys: [pem(rsa), pem(ec)],
    issuer,
    audiences: ["api"],
    exists: async (object) => {
      looked.push(object);
      return !gone.has(object.uid);
    },
    now: () => now * 1000,
  });

  test("of the list are users", async () => {
    expect(await authenticator("secret")).toMatchObject({
      type: "valid",
      user: { name: "static", groups: ["g", "system:authenticated"] },
    });
  });

  test.each(["RS256", "ES256"] as const)("signed with %s are service accounts", async (alg) => {
    const { privateKey } = alg === "RS256" ? rsa : ec;
    expect(await authenticator(token(privateKey, alg))).toMatchObject({
      type: "valid",
      audiences: ["api"],
      user: {
        name: "system:serviceaccount:ns:sa",
        uid: "u1",
        groups: ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
        extra: { "authentication.kubernetes.io/credential-id": ["JTI=j1"] },
      },
    });
  });

  test.each([
    ["of another issuer", { iss: "x" }, "invalid bearer token"],
    ["too old", { exp: now }, "[invalid bearer token, service account token has expired]"],
    [
      "too young",
      { nbf: now + 1 },
      "[invalid bearer token, service account token is not valid yet]",
    ],
    ["of another subject", { sub: "system:serviceaccount:ns:other" }, "invalid bearer token"],
    [
      "for another audience",
      { aud: ["b"] },
      '[invalid bearer token, token audiences ["b"] is invalid for the target audiences ["api"]]',
    ],
  ])("%s are refused", async (_, more, error) => {
    expect(await authenticator(token(ec.privateKey, "ES256", more))).toEqual({
      type: "invalid",
      error,
    });
  });

  test("of a stranger, or cut, are refused", async () => {
    const good = token(ec.privateKey, "ES256");
    for (const bad of [token(stranger.privateKey, "ES256"), good.slice(0, -4), "a.b", "", "x"]) {
      expect(await authenticator(bad)).toEqual({ type: "invalid", error: "invalid bearer token" });
    }
    const [head = "", , signature = ""] = good.split(".");
    const forged = Buffer.from("{}").toString("base64url");
    expect((await authenticator(`${head}.${forged}.${signature}`)).type).toBe("invalid");
  });

  test("end with what they are bound to", async () => {
    const pod = { name: "p", uid: "gone" };
    const claims = { namespace: "ns", serviceaccount: { name: "sa", uid: "u1" }, pod };
    gone.add("gone");
    const verdict = await authenticator(token(ec.privateKey, "ES256", { "kubernetes.io": claims }));
    expect(verdict).toEqual({
      type: "invalid",
      error: "[invalid bearer token, service account token has been invalidated]",
    });
    expect(looked.at(-1)).toEqual({ plural: "pods", namespace: "ns", name: "p", uid: "gone" });
  });
});
