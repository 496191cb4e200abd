/** What the door works with, made from its options. */
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Authenticators } from "../auth/authenticate.ts";
import { chain } from "../auth/authorize.ts";
import { certificateAuthenticator } from "../auth/certificate.ts";
import { privileged, privilegedRules } from "../auth/privileged.ts";
import { bootstrapGrants } from "../auth/rbac/bootstrap/objects.ts";
import { rbac } from "../auth/rbac/source.ts";
import { accessReviews } from "../auth/reviews/access.ts";
import { selfSubjectReviews, tokenReviews } from "../auth/reviews/identity.ts";
import { rulesReview } from "../auth/reviews/rules.ts";
import { tokenAuthenticator, type BoundObject } from "../auth/token.ts";
import { discoveryDocuments } from "../discovery/documents.ts";
import { issuerDocuments } from "../discovery/issuer.ts";
import { createFairness, type Fairness } from "../fairness/fairness.ts";
import { flowFamilies } from "../fairness/families.ts";
import { componentStatuses, withComponentStatuses } from "../health/component-statuses.ts";
import { health } from "../health/health.ts";
import { metrics } from "../health/metrics.ts";
import { openApiDocuments } from "../openapi/documents.ts";
import type { Caller } from "../registry/request.ts";
import type { DoorContext } from "./context.ts";
import { defaultLimits, type HttpLimits, type HttpOptions } from "./options.ts";
import { servedFrom } from "./routes.ts";

/** `address`: host and port that clients reach the door at. */
export function assembleDoor(given: HttpOptions, address: () => string): DoorContext {
  const { world, auth = {}, checks = [] } = given;
  const asked = health(checks, world);
  const options = { ...given, registry: withComponentStatuses(given.registry, asked) };
  const authorizers = auth.authorizers ?? [];
  const { grants = bootstrapGrants } = auth;
  const authorizer = chain([privileged, ...authorizers, rbac(grants)]);
  const authenticators = authenticatorsOf(options);
  const served = servedFrom(
    [componentStatuses, ...options.resources],
    [
      selfSubjectReviews(world.now),
      tokenReviews(authenticators.token),
      ...accessReviews(authorizer),
      rulesReview(
        (user, namespace) => [...privilegedRules(user), ...grants().rulesOf(user, namespace)],
        auth.hasMoreRights ?? (() => authorizers.length > 0),
      ),
    ],
  );
  const limits = { ...defaultLimits, ...options.limits };
  const fairness = assembleFairness(options, limits);
  const { families = [] } = options;
  return {
    options,
    limits,
    served,
    authenticators,
    authorizer,
    discovery: discoveryDocuments(served, address),
    openApi: openApiDocuments(served),
    health: asked,
    metrics: metrics([() => flowFamilies(fairness.levels()), ...families]),
    fairness,
    issuer: auth.serviceAccounts && issuerDocuments(auth.serviceAccounts, address),
  };
}

/** Follows the stored flow schemas and priority levels until the end. */
function assembleFairness(
  { world, signal, flowControl }: HttpOptions,
  { seatsMax, seatWaitMsMax }: HttpLimits,
): Fairness {
  const fairness = createFairness({ world, seatsMax, waitMsMax: seatWaitMsMax });
  const releases = [fairness.stop];
  if (flowControl !== undefined) {
    fairness.configure(flowControl.read());
    releases.push(flowControl.onChange(() => fairness.configure(flowControl.read())));
  }
  const release = () => {
    for (const step of releases) step();
  };
  signal.addEventListener("abort", release, { once: true });
  return fairness;
}

function authenticatorsOf(options: HttpOptions): Authenticators {
  const { world, tls, auth = {} } = options;
  return {
    certificate: certificateAuthenticator(tls.clientCa),
    token: tokenAuthenticator({
      tokens: auth.tokens ?? new Map(),
      publicKeys: auth.serviceAccounts?.publicKeys ?? [],
      issuer: auth.serviceAccounts?.issuer ?? "",
      audiences: auth.serviceAccounts?.audiences ?? [],
      exists: (object) => objectExists(options, object),
      now: world.now,
    }),
    now: world.now,
  };
}

const tokenReader: Caller = {
  user: "system:apiserver",
  groups: ["system:masters"],
  manager: "kube-apiserver",
};

/** True when the object that a token is bound to is still the same. */
async function objectExists(
  { registry, resources }: HttpOptions,
  { plural, namespace, name, uid }: BoundObject,
): Promise<boolean> {
  const definition = coreResource(resources, plural);
  if (definition === undefined) return false;
  try {
    const place = { definition, subresource: "", namespace, name };
    const { object } = await registry.get(tokenReader, place, {});
    return object.metadata?.uid === uid;
  } catch {
    return false;
  }
}

const coreResource = (
  resources: readonly ResourceDefinition[],
  plural: string,
): ResourceDefinition | undefined =>
  resources.find((resource) => resource.group === "" && resource.plural === plural);
