import { expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { certificateSubjectRestriction } from "../admission/certificatesubjectrestriction.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "../admission/plugin.ts";
import { allow, noOpinion, type Authorizer } from "./authorize.ts";
import { signerRights } from "./signerrights.ts";

const definition = resources.find(({ plural }) => plural === "certificatesigningrequests");
if (definition === undefined) throw new Error("no certificate requests");
const spec = { signerName: "a.io/s" };
const old = { metadata: { name: "r" }, spec } as KubeObject;

const requestOf = (subresource: string, status: object): AdmissionRequest => ({
  operation: "update",
  caller: { user: "alice", groups: [], manager: "m" },
  place: { definition, subresource, namespace: "", name: "r" },
  draft: { ...old, status } as KubeObject,
  old,
  dryRun: false,
});

const refusalOf = async (plugin: AdmissionPlugin, request: AdmissionRequest): Promise<string> => {
  try {
    await plugin.validate?.(request, {} as AdmissionReader);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

const approved = { conditions: [{ type: "Approved", status: "True" }] };
const forbidden = 'certificatesigningrequests.certificates.k8s.io "r" is forbidden';

test.each<[string, string, object, string[], string]>([
  [
    "who may nothing",
    "approval",
    approved,
    [],
    `${forbidden}: user not permitted to approve requests with signerName "a.io/s"`,
  ],
  ["who may approve for the signer", "approval", approved, ["approve a.io/s"], ""],
  ["who may approve for the domain", "approval", approved, ["approve a.io/*"], ""],
  [
    "who may approve and would sign",
    "status",
    { certificate: "eA==" },
    ["approve a.io/s"],
    `${forbidden}: user not permitted to sign requests with signerName "a.io/s"`,
  ],
  ["who may sign", "status", { certificate: "eA==" }, ["sign a.io/*"], ""],
  ["who changes nothing", "status", {}, [], ""],
  ["who labels", "", approved, [], ""],
])("a request is written by %s", async (_, subresource, status, rights, expected) => {
  const authorizer: Authorizer = ({ verb, resource, name }) =>
    resource === "signers" && rights.includes(`${verb} ${name}`) ? allow("") : noOpinion;
  const request = requestOf(subresource, status);
  expect(await refusalOf(signerRights(authorizer), request)).toBe(expected);
});

/** Ed25519, `/O=system:masters/CN=root`. */
const mastersRequest = [
  "-----BEGIN CERTIFICATE REQUEST-----",
  "MIGnMFsCAQAwKDEXMBUGA1UECgwOc3lzdGVtOm1hc3RlcnMxDTALBgNVBAMMBHJv",
  "b3QwKjAFBgMrZXADIQCj4xMT4qxOxql03wWZs7I5l1CwitG0pzeNKYplukq47KAA",
  "MAUGAytlcANBAFGYopbs/PhTjAtcnIQBtXUg7/6xR+Ju5bxENiTbn2BO+74zvoyE",
  "dJmCvM4Uc+Ba47CuCRmbCfpE2/24h+bi9wk=",
  "-----END CERTIFICATE REQUEST-----",
].join("\n");

test.each<[string, string]>([
  [
    "kubernetes.io/kube-apiserver-client",
    `${forbidden}: use of kubernetes.io/kube-apiserver-client signer with system:masters group ` +
      "is not allowed",
  ],
  ["a.io/s", ""],
])("a certificate of all rights from %s", async (signerName, expected) => {
  const request = Buffer.from(mastersRequest).toString("base64");
  const draft = { ...old, spec: { signerName, request } } as KubeObject;
  const asked: AdmissionRequest = {
    ...requestOf("", {}),
    operation: "create",
    draft,
    old: undefined,
  };
  expect(await refusalOf(certificateSubjectRestriction, asked)).toBe(expected);
});
