import { describe, expect, it } from "vitest";
import { decodeContinue } from "../registry/continue.ts";
import type { Listed, Version } from "../registry/request.ts";
import { callerOf, deleteOptionsOf, fittingList } from "./wire.ts";

const version = (name: string, bytes: number) =>
  ({
    object: { metadata: { namespace: "n", name } },
    protobuf: new Uint8Array(bytes),
  }) as unknown as Version;

const listed: Listed = {
  versions: [version("a", 40), version("b", 40), version("c", 40)],
  resourceVersion: "7",
  continue: "",
  remainingItemCount: undefined,
};

describe("a list over the bus", () => {
  it("is whole when it fits a message", () => {
    const { objects, continue: token } = fittingList(listed, "", 120);
    expect([objects.length, token]).toEqual([3, ""]);
  });

  it("goes on behind what fits", () => {
    const { objects, continue: token } = fittingList(listed, "", 100);
    expect(objects).toHaveLength(2);
    const after = { namespace: "n", name: "b" };
    expect(decodeContinue(token, "")).toEqual({ revision: 7, after });
  });

  it("has at least one object", () => {
    expect(fittingList(listed, "", 1).objects).toHaveLength(1);
  });
});

describe("requests", () => {
  const target = undefined;
  const plain = {
    target,
    caller: undefined,
    gracePeriodSeconds: undefined,
    propagationPolicy: "",
    preconditionUid: "",
    preconditionResourceVersion: "",
  };

  it("without a caller are anonymous", () => {
    expect(callerOf(undefined)).toMatchObject({ user: "system:anonymous" });
  });

  it("to delete say only what was said", () => {
    expect(deleteOptionsOf(plain)).toEqual({ dryRun: false, preconditions: {} });
    const asked = { ...plain, gracePeriodSeconds: 0, preconditionUid: "u" };
    expect(deleteOptionsOf({ ...asked, propagationPolicy: "Orphan" })).toEqual({
      dryRun: false,
      gracePeriodSeconds: 0,
      propagationPolicy: "Orphan",
      preconditions: { uid: "u" },
    });
  });
});
