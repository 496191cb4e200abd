import { expect, test } from "vitest";
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  CertificateSigningRequestSpec,
} from "#proto/gen/k8s/certificates/v1.ts";
import { fieldErrorText, type FieldError } from "../../errors.ts";
import { signerNameField } from "../../validation/signers.ts";
import { certificatesError } from "../issued.ts";
import { requestError } from "../request.ts";
import { certificatesigningrequests as requests } from "./certificatesigningrequests.ts";

const facts = {
  now: Date.UTC(2026, 0, 1),
  verb: "update",
  subresource: "",
  user: "u",
  groups: ["g"],
  uuid: () => "1",
} as const;
const now = "2026-01-01T00:00:00Z";

const pem = (type: string, ...lines: string[]): string =>
  [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`, ""].join("\n");

/** P-256, `/O=g/CN=u`. */
const ecdsaLines = [
  "MIHSMHoCAQAwGDEKMAgGA1UECgwBZzEKMAgGA1UEAwwBdTBZMBMGByqGSM49AgEG",
  "CCqGSM49AwEHA0IABCo2pwzQKmJja7kmvCPTQlfEqvr2dIhy+iK69L5O/ARt+PFW",
  "Rm+X/LGI/iAuTqSNBpjkivPcnGRIhDtqlWLKd96gADAKBggqhkjOPQQDAgNIADBF",
  "AiEAuJkl3OAqmzMF602ltl0wZmbQTC2YjMv+ybUZLAHSDW0CICgCCPZEhNipU3ph",
  "RpZk+5NsH0IMSOP/oSBgVtFdWlmU",
];
/** Ed25519, `/CN=u`. */
const edwardsLines = [
  "MIGLMD8CAQAwDDEKMAgGA1UEAwwBdTAqMAUGAytlcAMhAKPjExPirE7GqXTfBZmz",
  "sjmXULCK0bSnN40pimW6SrjsoAAwBQYDK2VwA0EAC7tHYnbC846jK/9yawk8L/9G",
  "F3mDEFjlky4aKJiMVEg3LnDUTTfGA1s6Lc/b17Zbn7VYBqVivb46Vi1uDgMxAA==",
];
const certificateLines = [
  "MIHUMIGHAhRy/EAbn5hCvWB/NwPraJSEe6r76jAFBgMrZXAwDDEKMAgGA1UEAwwB",
  "dTAgFw0yNjExMjQxODQ4MTRaGA8yMDgxMDgyNzE4NDgxNFowDDEKMAgGA1UEAwwB",
  "dTAqMAUGAytlcAMhAKPjExPirE7GqXTfBZmzsjmXULCK0bSnN40pimW6SrjsMAUG",
  "AytlcANBAN8ScoHg2jLFbY6OhM5pc73xGHoO8vQ9Sb1MJPLRVGasDix0G4xZAtGS",
  "JkPvybeOWJLhl9aUSg0xA29Ltm22ZgY=",
];
const ecdsaRequest = pem("CERTIFICATE REQUEST", ...ecdsaLines);
const certificate = pem("CERTIFICATE", ...certificateLines);

const derOf = (lines: readonly string[]) => Buffer.from(lines.join(""), "base64");
const requestOf = (der: Buffer) => pem("CERTIFICATE REQUEST", der.toString("base64"));

/** With another byte in the name. */
function forged(lines: readonly string[]): string {
  const der = derOf(lines);
  der[der.indexOf("u", "latin1")] = "v".charCodeAt(0);
  return requestOf(der);
}

test.each<[string, string, string | undefined]>([
  ["of a curve", ecdsaRequest, undefined],
  ["of an Edwards curve", pem("CERTIFICATE REQUEST", ...edwardsLines), undefined],
  ["with text around", `for u\n${ecdsaRequest}trailing`, undefined],
  ["that is another thing", certificate, "PEM block type must be CERTIFICATE REQUEST"],
  ["that is nothing", "", "PEM block type must be CERTIFICATE REQUEST"],
  ["that was changed", forged(ecdsaLines), "x509: ECDSA verification failure"],
  ["changed, of an Edwards curve", forged(edwardsLines), "x509: Ed25519 verification failure"],
  [
    "that is cut",
    requestOf(derOf(ecdsaLines).subarray(0, 99)),
    "asn1: syntax error: data truncated",
  ],
  [
    "with something after it",
    requestOf(Buffer.concat([derOf(ecdsaLines), Buffer.from([5, 0])])),
    "asn1: syntax error: trailing data",
  ],
  [
    "of another structure",
    requestOf(Buffer.from([2, 1, 0])),
    "asn1: structure error: tags don't match",
  ],
])("a request %s", (_, text, expected) => {
  expect(requestError(text)).toBe(expected);
});

test.each<[string, string, string | undefined]>([
  ["one", certificate, undefined],
  ["a chain", certificate + certificate, undefined],
  ["nothing", "hello", "must contain at least one CERTIFICATE PEM block"],
  [
    "a request",
    ecdsaRequest,
    'only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
  ],
  [
    "one with headers",
    pem("CERTIFICATE", "a: b", "", ...certificateLines),
    "no PEM block headers are permitted",
  ],
  ["an empty block", pem("CERTIFICATE"), "found CERTIFICATE PEM block containing 0 certificates"],
  ["a broken one", pem("CERTIFICATE", "MAA="), "x509: malformed certificate"],
])("certificates: %s", (_, text, expected) => {
  expect(certificatesError(text)).toBe(expected);
});

test.each<[string, string[]]>([
  ["example.com/s", []],
  ["example.com/n.s", []],
  ["", ["f: Required value"]],
  [
    "example.com",
    [
      'f: Invalid value: "example.com": must be a fully qualified domain and path of the form ' +
        "'example.com/signer-name'",
    ],
  ],
  [
    "com/s",
    ['f: Invalid value: "com": should be a domain with at least two segments separated by dots'],
  ],
  ["A.com/s", [expect.stringMatching(/^f: Invalid value: "A.com": validating label "A": a low/)]],
  ["a.com/S", [expect.stringMatching(/^f: Invalid value: "S": validating label "S": a lower/)]],
])("a signer %s", (signer, expected) => {
  expect(signerNameField("f", signer).map(fieldErrorText)).toEqual(expected);
});

const base64 = (text: string) => Buffer.from(text).toString("base64");

function objectOf(
  spec: CertificateSigningRequestSpec = {},
  status: CertificateSigningRequest["status"] = {},
): CertificateSigningRequest {
  const request = base64(ecdsaRequest);
  const whole = { request, signerName: "example.com/s", usages: ["client auth"], ...spec };
  return { metadata: { name: "r" }, spec: whole, status };
}

const texts = (errors: FieldError[] | undefined) => (errors ?? []).map(fieldErrorText);

test.each<[string, CertificateSigningRequestSpec, unknown[]]>([
  ["nothing more", {}, []],
  ["no usage", { usages: [] }, ["spec.usages: Required value"]],
  [
    "unknown and repeated usages",
    { usages: ["any", "some", "any"] },
    [
      expect.stringMatching(
        /^spec.usages\[1\]: Unsupported value: "some": supported values: "any"/,
      ),
      'spec.usages[2]: Duplicate value: "any"',
    ],
  ],
  [
    "the signer of old",
    { signerName: "kubernetes.io/legacy-unknown" },
    [
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": ' +
        "the legacy signerName is not allowed via this API version",
    ],
  ],
  [
    "too short a time",
    { expirationSeconds: 599 },
    [
      "spec.expirationSeconds: Invalid value: 599: " +
        "may not specify a duration less than 600 seconds (10 minutes)",
    ],
  ],
])("asked: %s", (_, spec, expected) => {
  expect(texts(requests.validate(objectOf(spec), facts))).toEqual(expected);
});

test("who asks is known from the request alone", () => {
  const draft = objectOf({ username: "admin", uid: "1", extra: { a: ["b"] } }, { certificate: "" });
  requests.prepareForCreate?.(draft, facts);
  expect(draft.spec).toMatchObject({ username: "u", groups: ["g"] });
  expect(Object.keys(draft.spec ?? {})).not.toContain("extra");
  expect(draft.status).toEqual({});
});

function written(
  name: "approval" | "status",
  status: CertificateSigningRequest["status"],
  before: CertificateSigningRequest["status"] = {},
) {
  const part = requests.subresources.find((subresource) => subresource.name === name);
  if (part?.type !== "part") throw new Error(`no ${name}`);
  const old = objectOf({}, before);
  const merged = part.merge(objectOf({ usages: ["any"] }, status), old, facts);
  return { merged, errors: texts(part.validateUpdate?.(merged, old, facts)), old };
}

const approved: CertificateSigningRequestCondition = {
  type: "Approved",
  status: "True",
  lastUpdateTime: "2025-01-01T00:00:00Z",
  lastTransitionTime: "2025-01-01T00:00:00Z",
};

test("a verdict gets its times, and nothing else is written with it", () => {
  const { merged, errors, old } = written("approval", {
    conditions: [{ type: "Approved", status: "True" }],
    certificate: base64(certificate),
  });
  expect(errors).toEqual([]);
  expect(merged.spec).toEqual(old.spec);
  expect(merged.status).toEqual({
    conditions: [{ ...approved, lastUpdateTime: now, lastTransitionTime: now }],
  });
});

test("a condition that was there keeps the time of its beginning", () => {
  const conditions = [{ type: "Approved", status: "True", lastUpdateTime: null as never }];
  const { merged } = written("approval", { conditions }, { conditions: [approved] });
  expect(merged.status?.conditions).toEqual([{ ...approved, lastUpdateTime: now }]);
});

test.each<
  [
    string,
    "approval" | "status",
    CertificateSigningRequest["status"],
    CertificateSigningRequest["status"],
    string[],
  ]
>([
  [
    "both verdicts",
    "approval",
    { conditions: [approved, { type: "Denied", status: "True" }] },
    {},
    [
      'status.conditions: Invalid value: "Denied": ' +
        "Approved and Denied conditions are mutually exclusive",
    ],
  ],
  [
    "a verdict taken back",
    "approval",
    {},
    { conditions: [approved] },
    ['status.conditions: Forbidden: updates may not remove a condition of type "Approved"'],
  ],
  [
    "a verdict that is false",
    "approval",
    { conditions: [{ type: "Denied", status: "False" }] },
    {},
    ['status.conditions[0].status: Unsupported value: "False": supported values: "True"'],
  ],
  [
    "a verdict by a signer",
    "status",
    { conditions: [{ type: "Approved", status: "True" }] },
    {},
    ['status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
  ],
  [
    "a verdict that a signer changed",
    "status",
    { conditions: [{ ...approved, reason: "mine" }] },
    { conditions: [approved] },
    [],
  ],
  [
    "nameless and repeated conditions",
    "status",
    { conditions: [{ status: "Some" }, { type: "A", status: "True" }, { type: "A" }] },
    {},
    [
      "status.conditions[0].type: Required value",
      'status.conditions[0].status: Unsupported value: "Some": supported values: "False", ' +
        '"True", "Unknown"',
      "status.conditions[2].status: Required value",
      'status.conditions[2].type: Duplicate value: "A"',
    ],
  ],
  ["a certificate", "status", { certificate: base64(certificate) }, {}, []],
  [
    "no certificate",
    "status",
    { certificate: base64("hello") },
    {},
    [
      'status.certificate: Invalid value: "<certificate data>": ' +
        "must contain at least one CERTIFICATE PEM block",
    ],
  ],
  [
    "another certificate",
    "status",
    { certificate: base64(certificate + certificate) },
    { certificate: base64(certificate) },
    ["status.certificate: Forbidden: updates may not modify existing certificate content"],
  ],
])("written: %s", (_, name, status, before, expected) => {
  expect(written(name, status, before).errors).toEqual(expected);
});

test("rows", () => {
  const conditions = [approved, { type: "Failed", status: "True" }];
  const object = objectOf({ username: "u", expirationSeconds: 3600 }, { conditions });
  const cells = requests.printColumns.map(({ cell }) => cell(object, 0));
  expect(cells).toEqual(["r", "<unknown>", "example.com/s", "u", "60m", "Approved,Failed"]);
});
