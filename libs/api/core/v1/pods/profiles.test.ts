import { expect, test } from "vitest";
import type { AppArmorProfile, Pod, SeccompProfile } from "#proto/gen/k8s/core/v1.ts";
import { fieldErrorText } from "../../../errors.ts";
import { appArmorWarnings, applyAppArmorAnnotations, validateProfilesMatch } from "./profiles.ts";

const appArmorKey = "container.apparmor.security.beta.kubernetes.io/c";
const seccompKey = "container.seccomp.security.alpha.kubernetes.io/c";

const podOf = (annotations: Record<string, string>, securityContext = {}): Pod => ({
  metadata: { annotations },
  spec: { containers: [{ name: "c", securityContext }] },
});

test.each<[string, AppArmorProfile | undefined, number]>([
  ["unconfined", { type: "Unconfined" }, 1],
  ["runtime/default", { type: "RuntimeDefault" }, 1],
  ["localhost/p", { type: "Localhost", localhostProfile: "p" }, 1],
  ["localhost/", undefined, 1],
  ["odd", undefined, 1],
])("AppArmor annotation %s becomes a field, with a warning", (text, expected, warnings) => {
  const pod = podOf({ [appArmorKey]: text });
  applyAppArmorAnnotations(pod);
  expect(pod.spec?.containers?.[0]?.securityContext?.appArmorProfile).toEqual(expected);
  expect(appArmorWarnings(pod)).toHaveLength(warnings);
});

test("what the pod says already is not said again", () => {
  const pod = podOf({ [appArmorKey]: "unconfined" });
  pod.spec = { ...pod.spec, securityContext: { appArmorProfile: { type: "Unconfined" } } };
  applyAppArmorAnnotations(pod);
  expect(pod.spec?.containers?.[0]?.securityContext).toEqual({});
  expect(appArmorWarnings(pod)).toEqual([]);
});

const path = "spec.containers[0].securityContext";

test.each<[string, SeccompProfile, string[]]>([
  ["unconfined", { type: "Unconfined" }, []],
  ["docker/default", { type: "RuntimeDefault" }, []],
  ["localhost/a", { type: "Localhost", localhostProfile: "a" }, []],
  [
    "unconfined",
    { type: "RuntimeDefault" },
    [
      `${path}.seccompProfile.type: Forbidden: ` +
        "seccomp type in annotation and field must match",
    ],
  ],
  [
    "localhost/a",
    { type: "Localhost", localhostProfile: "b" },
    [
      `${path}.seccompProfile.localhostProfile: Forbidden: ` +
        "seccomp profile in annotation and field must match",
    ],
  ],
])("seccomp annotation %s and field %j", (text, seccompProfile, expected) => {
  const pod = podOf({ [seccompKey]: text }, { seccompProfile });
  expect(validateProfilesMatch(pod, "spec").map(fieldErrorText)).toEqual(expected);
});
