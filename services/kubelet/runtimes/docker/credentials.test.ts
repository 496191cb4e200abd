import { expect, test } from "vitest";
import { credentialsFor, credentialsOf } from "./credentials.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const secretOf = (key: string, value: unknown) => ({
  data: { [key]: base64(JSON.stringify(value)) },
});

const all = credentialsOf(
  secretOf(".dockerconfigjson", {
    auths: {
      "https://index.docker.io/v1/": { auth: base64("hub:pass:word") },
      "registry.example:5000": { username: "any", password: "one" },
      "registry.example:5000/team": { username: "team", password: "two" },
    },
  }),
);

test.each([
  ["nginx:1", "hub", "pass:word"],
  ["docker.io/me/app:1", "hub", "pass:word"],
  ["me/app:1", "hub", "pass:word"],
  ["registry.example:5000/app:1", "any", "one"],
  ["registry.example:5000/team/app:1", "team", "two"],
  ["registry.example:5000/teams/app:1", "any", "one"],
  ["other.example/app:1", undefined, undefined],
  ["localhost/app:1", undefined, undefined],
])("%s is pulled as %s", (image, username, password) => {
  const chosen = credentialsFor(image, all);
  expect([chosen?.username, chosen?.password]).toEqual([username, password]);
});

test("the old form is read as well", () => {
  const secret = secretOf(".dockercfg", { "r.example": { username: "u", password: "p" } });
  expect(credentialsOf(secret)).toEqual([{ server: "r.example", username: "u", password: "p" }]);
});

test.each([[{}], [{ data: { ".dockerconfigjson": base64("{") } }], [secretOf("other", {})]])(
  "%j holds nothing",
  (secret) => {
    expect(credentialsOf(secret)).toEqual([]);
  },
);
