import { describe, expect, test } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import {
  listOffer,
  negotiate,
  negotiateError,
  negotiateWatch,
  objectOffer,
  plainOffer,
  type Media,
} from "./negotiate.ts";

const ask = (accept: string | undefined, userAgent = "test/1", pretty: string | null = null) => ({
  accept,
  userAgent,
  pretty,
});

/** `json`, `yaml pretty`, `json table v1`. */
function shown({ encoding, pretty, conversion, stream }: Media): string {
  const converted = conversion.type === "none" ? "" : ` ${conversion.type} ${conversion.version}`;
  return `${encoding}${pretty ? " pretty" : ""}${converted}${stream ? " stream" : ""}`;
}

const refused = (attempt: () => unknown): string => {
  try {
    attempt();
    return "";
  } catch (error) {
    return `${(error as StatusError).code} ${(error as StatusError).message}`;
  }
};

const table = "as=Table;v=v1;g=meta.k8s.io";
const three = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

describe("negotiate", () => {
  test.each([
    [undefined, "json"],
    ["", "json"],
    ["*/*", "json"],
    ["application/json; charset=utf-8", "json"],
    ["application/json;q=0.1,text/html", "json"],
    ["application/yaml;q=0.5,application/json;q=0.2", "yaml"],
    ["application/vnd.kubernetes.protobuf,application/json", "protobuf"],
    [`application/json;${table}`, "json table v1"],
    [`application/json;as=Table;v=v1beta1;g=meta.k8s.io`, "json table v1beta1"],
    ["application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "json"],
    [`application/vnd.kubernetes.protobuf;${table},application/json;${table}`, "json table v1"],
    ["application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "json partial v1"],
    ["application/json;stream=watch", "json stream"],
  ])("takes %s as %s", (accept, expected) => {
    expect(shown(negotiate(ask(accept), objectOffer))).toBe(expected);
  });

  test.each([
    ["application/*", `406 406: Not Acceptable\n\nAvailable representations: ${three}`],
    ["text/plain", `406 406: Not Acceptable\n\nAvailable representations: ${three}`],
    [
      "application/json;as=Table",
      `406 only the following media types are accepted: ${three}`,
    ],
    [
      "application/json;as=Frob;v=v1;g=meta.k8s.io",
      `406 only the following media types are accepted: ${three}`,
    ],
  ])("refuses %s", (accept, expected) => {
    expect(refused(() => negotiate(ask(accept), objectOffer))).toBe(expected);
  });

  test("a list offers streams as well", () => {
    expect(refused(() => negotiate(ask("text/html"), listOffer))).toContain(
      `${three}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch`,
    );
  });

  test("fixed documents convert to nothing", () => {
    const attempt = () => negotiate(ask(`application/json;${table}`), plainOffer);
    expect(refused(attempt)).toContain("only");
  });

  test("a watch is never YAML", () => {
    expect(refused(() => negotiateWatch(ask("application/yaml")))).toBe(
      "406 only the following media types are accepted: application/json;stream=watch, " +
        "application/vnd.kubernetes.protobuf;stream=watch",
    );
  });

  test.each([
    ["curl/8", null, true],
    ["Mozilla/5.0 (X11)", null, true],
    ["kubectl/v1.36", null, false],
    ["curl/8", "false", false],
    ["curl/8", "0", false],
    ["kubectl/v1.36", "", true],
  ])("%s with pretty=%s is pretty: %s", (userAgent, pretty, expected) => {
    expect(negotiate(ask("*/*", userAgent, pretty), objectOffer).pretty).toBe(expected);
  });

  test("an error is told in JSON when nothing else fits", () => {
    expect(shown(negotiateError(ask("text/html")))).toBe("json");
    expect(shown(negotiateError(ask(`application/vnd.kubernetes.protobuf;${table}`)))).toBe("json");
    expect(shown(negotiateError(ask("application/yaml")))).toBe("yaml");
  });
});
