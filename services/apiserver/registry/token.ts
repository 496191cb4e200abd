/** serviceaccounts/token: signed tokens that prove who a pod is. */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import {
  badRequest,
  conflict,
  invalid,
  invalidObject,
  methodNotSupported,
  notFound,
  type FieldError,
} from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { trackUpdate } from "#libs/api/managedfields/update.ts";
import { timeText } from "#libs/api/time.ts";
import type { BoundObjectReference, TokenRequest } from "#proto/gen/k8s/authentication/v1.ts";
import { UnstoredVersion } from "./cache/version.ts";
import { resourceName, type RegistryContext, type TokenSigner } from "./context.ts";
import { kindNamed, readDraft } from "./draft.ts";
import { liveVersion } from "./read.ts";
import type { Body, Caller, Place, WriteOptions, Written } from "./request.ts";

const requestMessage = "k8s.authentication.v1.TokenRequest";
const requestKind = { group: "authentication.k8s.io", name: "TokenRequest" };
const secondsDefault = 3600;
const secondsMin = 600;
const secondsMax = 2 ** 32;

/** Issues a token for a service account, bound to an object if the request names one. */
export async function createToken(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { definition, namespace, name } = place;
  const signer = context.tokens;
  if (signer === undefined) throw methodNotSupported(resourceName(definition), "create");
  const expected = kindNamed("authentication.k8s.io/v1", "TokenRequest", requestMessage);
  const { object, warnings } = readDraft(expected, body, options.fieldValidation);
  const request = object as TokenRequest;
  const account = await liveVersion(context, definition, namespace, name);
  if (account === undefined) throw notFound(resourceName(definition), name);
  const seconds = request.spec?.expirationSeconds ?? secondsDefault;
  const errors = validateSeconds(seconds);
  if (errors.length > 0) {
    throw invalidObject(requestKind, request.metadata?.name ?? "", errors);
  }
  const audiences = request.spec?.audiences ?? [];
  const wanted = audiences.length > 0 ? audiences : [signer.issuer];
  const reference = request.spec?.boundObjectRef;
  const bound = reference && (await boundObject(context, namespace, reference));
  const now = Math.floor(context.world.now() / 1000);
  const uid = account.object.metadata?.uid ?? "";
  const claims = {
    aud: wanted,
    exp: now + seconds,
    iat: now,
    iss: signer.issuer,
    jti: context.world.uuid(),
    "kubernetes.io": { namespace, serviceaccount: { name, uid }, ...bound },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
  const creationTimestamp = timeText(now * 1000);
  const managedFields = trackUpdate({
    schema: expected.schema,
    live: undefined,
    updated: { ...request, spec: { ...request.spec, expirationSeconds: seconds } } as KubeObject,
    manager: options.fieldManager ?? caller.manager,
    apiVersion: expected.apiVersion,
    subresource: "token",
    time: creationTimestamp,
  });
  const tracked = managedFields === undefined ? {} : { managedFields };
  const answer = {
    kind: expected.kind,
    apiVersion: expected.apiVersion,
    metadata: { name, namespace, uid, creationTimestamp, ...tracked },
    spec: { ...request.spec, audiences: wanted, expirationSeconds: seconds },
    status: {
      token: signToken(signer, claims),
      expirationTimestamp: timeText((now + seconds) * 1000),
    },
  };
  const version = new UnstoredVersion(definition, answer, 0, requestMessage);
  return { code: 201, version, warnings };
}

function validateSeconds(seconds: number): FieldError[] {
  const path = "spec.expirationSeconds";
  if (seconds < secondsMin) {
    return [invalid(path, seconds, "may not specify a duration less than 10 minutes")];
  }
  if (seconds <= secondsMax) return [];
  return [invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")];
}

/** Kinds that a token can be bound to, and the claim that names the object. */
const bindable: Readonly<Record<string, readonly [resource: string, claim: string]>> = {
  "v1/Pod": ["pods", "pod"],
  "v1/Secret": ["secrets", "secret"],
  "v1/Node": ["nodes", "node"],
};

/** The claim of the object that the token lives and dies with. */
async function boundObject(
  context: RegistryContext,
  namespace: string,
  { apiVersion = "", kind = "", name = "", uid = "" }: BoundObjectReference,
): Promise<Record<string, { readonly name: string; readonly uid: string }>> {
  const [resource, claim] = bindable[`${apiVersion}/${kind}`] ?? [];
  if (resource === undefined || claim === undefined) {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
  const { definition } = context.caches.named(resource);
  const scope = definition.scope === "Namespaced" ? namespace : "";
  const found = await liveVersion(context, definition, scope, name);
  if (found === undefined) throw notFound(resourceName(definition), name);
  const actual = found.object.metadata?.uid ?? "";
  if (uid !== "" && uid !== actual) {
    const why =
      `the UID in the bound object reference (${uid}) does not match the UID in record. ` +
      "The object might have been deleted and then recreated";
    throw conflict(resourceName(definition), name, why);
  }
  return { [claim]: { name, uid: actual } };
}

/** A JSON web token; the algorithm follows from the kind of the key. */
function signToken({ signingKey }: TokenSigner, claims: object): string {
  const key = createPrivateKey(signingKey);
  const elliptic = key.asymmetricKeyType === "ec";
  const header = { alg: elliptic ? "ES256" : "RS256", kid: keyId(key) };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

/** As Kubernetes names keys: hash of the public key's DER form. */
export function keyId(key: KeyObject): string {
  const shown = key.type === "public" ? key : createPublicKey(key);
  const der = shown.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("base64url");
}
