/** Containers of all three kinds. */
import type {
  Container,
  ContainerResizePolicy,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
} from "#proto/gen/k8s/core/v1.ts";
import {
  duplicate,
  fieldNotFound,
  forbidden,
  invalid,
  notSupported,
  required,
  tooMany,
  type FieldError,
} from "../errors.ts";
import { dnsLabelField, invalidFor, requireText, wordField } from "../validation/fields.ts";
import { portNameErrors, portNumberErrors } from "../validation/names.ts";
import { validateEnv, validateEnvFrom } from "./env.ts";
import { validateDevices, validateMounts, type VolumesByName } from "./mounts.ts";
import { isSidecar } from "./podresources.ts";
import { validateLifecycle, validateProbes } from "./probes.ts";
import { validateRequirements } from "./resources.ts";
import { validateSecurityContext } from "./security.ts";
import { pullPolicies } from "./volumesources.ts";

/** What checks of a container need to know of its pod. */
export interface PodFacts {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  /** Names of resource claims. */
  readonly claims: readonly string[];
}

export function validateContainers(facts: PodFacts, path: string): FieldError[] {
  const { containers = [], terminationGracePeriodSeconds } = facts.spec;
  if (containers.length === 0) return [required(path, "")];
  const names = new Set<string>();
  const errors = containers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const { name = "", lifecycle } = container;
    const wrong = validateContainer(container, facts, at);
    if (names.has(name)) wrong.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (lifecycle !== undefined) {
      const seconds = terminationGracePeriodSeconds;
      wrong.push(...validateLifecycle(lifecycle, seconds, `${at}.lifecycle`));
    }
    return [...wrong, ...validateProbes(container, at), ...validateRestart(container, at)];
  });
  return [...errors, ...validateHostPorts(containers, path)];
}

const initOnlyText = "may not be set for init containers without restartPolicy=Always";
const runningFields = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const;

export function validateInitContainers(facts: PodFacts, path: string): FieldError[] {
  const { containers = [], initContainers = [], terminationGracePeriodSeconds } = facts.spec;
  const names = new Set(containers.map(({ name }) => name ?? ""));
  return initContainers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const { name = "", lifecycle } = container;
    const errors = validateContainer(container, facts, at);
    errors.push(...validateRestart(container, at));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else if (name !== "") names.add(name);
    // They run one after the other: only ports of the same container can collide.
    errors.push(...validateHostPorts([container], path));
    if (!isSidecar(container)) {
      const set = runningFields.filter((field) => container[field] !== undefined);
      return [...errors, ...set.map((field) => forbidden(`${at}.${field}`, initOnlyText))];
    }
    if (lifecycle !== undefined) {
      const seconds = terminationGracePeriodSeconds;
      errors.push(...validateLifecycle(lifecycle, seconds, `${at}.lifecycle`));
    }
    return [...errors, ...validateProbes(container, at)];
  });
}

/** In the order of the fields, by which Kubernetes lists them. */
const notEphemeral = [
  ...["ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules"],
  ...["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"],
] as const satisfies readonly (keyof EphemeralContainer)[];
const notEphemeralText = "cannot be set for an Ephemeral Container";

export function validateEphemeralContainers(facts: PodFacts, path: string): FieldError[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = facts.spec;
  const others = new Set([...containers, ...initContainers].map(({ name }) => name ?? ""));
  const names = new Set(others);
  return ephemeralContainers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const { name = "", targetContainerName = "", volumeMounts = [] } = container;
    const errors = validateContainer(container, facts, at);
    errors.push(...validateImageSpaces(container, at));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (targetContainerName !== "" && !others.has(targetContainerName)) {
      errors.push(fieldNotFound(`${at}.targetContainerName`, targetContainerName));
    }
    const set = notEphemeral.filter((field) => !isEmptyValue(container[field]));
    errors.push(...set.map((field) => forbidden(`${at}.${field}`, notEphemeralText)));
    volumeMounts.forEach((mount, place) => {
      for (const field of ["subPath", "subPathExpr"] as const) {
        if ((mount[field] ?? "") === "") continue;
        errors.push(forbidden(`${at}.volumeMounts[${place}].${field}`, notEphemeralText));
      }
    });
    return errors;
  });
}

/** An empty list or message is as good as none. */
function isEmptyValue(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Checks that all kinds of containers share. */
function validateContainer(
  container: Container | EphemeralContainer,
  { spec, volumes, claims }: PodFacts,
  path: string,
): FieldError[] {
  const { name = "", image } = container;
  const messagePolicies = ["File", "FallbackToLogsOnError"];
  const { resources = {}, resizePolicy = [] } = container;
  return [
    ...(name === "" ? [required(`${path}.name`, "")] : dnsLabelField(`${path}.name`, name)),
    ...requireText(`${path}.image`, image),
    ...wordField(
      `${path}.terminationMessagePolicy`,
      container.terminationMessagePolicy,
      messagePolicies,
    ),
    ...validatePorts(container, `${path}.ports`),
    ...validateEnv(container.env, `${path}.env`),
    ...validateEnvFrom(container.envFrom, `${path}.envFrom`),
    ...validateMounts(container, volumes, `${path}.volumeMounts`),
    ...validateDevices(container, volumes, `${path}.volumeDevices`),
    ...wordField(`${path}.imagePullPolicy`, container.imagePullPolicy, pullPolicies),
    ...validateRequirements(resources, claims, `${path}.resources`),
    ...validateResizePolicy(resizePolicy, spec, `${path}.resizePolicy`),
    ...validateSecurityContext(
      container.securityContext,
      spec.hostUsers !== false,
      `${path}.securityContext`,
    ),
  ];
}

const protocols = ["SCTP", "TCP", "UDP"];

function validatePorts({ ports = [] }: Container, path: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name = "", containerPort = 0, hostPort = 0, protocol }, index) => {
    const at = `${path}[${index}]`;
    const errors = name === "" ? [] : invalidFor(`${at}.name`, name, portNameErrors(name));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else if (name !== "" && errors.length === 0) names.add(name);
    if (containerPort === 0) errors.push(required(`${at}.containerPort`, ""));
    else {
      const texts = portNumberErrors(containerPort);
      errors.push(...invalidFor(`${at}.containerPort`, containerPort, texts));
    }
    if (hostPort !== 0) {
      errors.push(...invalidFor(`${at}.hostPort`, hostPort, portNumberErrors(hostPort)));
    }
    return [...errors, ...wordField(`${at}.protocol`, protocol, protocols)];
  });
}

/** Two containers cannot have the same port of their node. */
function validateHostPorts(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, protocol = "", hostIP = "" }, place) => {
      if (hostPort === 0) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [duplicate(`${path}[${index}].ports[${place}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  { restartPolicy: ofPod }: PodSpec,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName = "", restartPolicy = "" }, index) => {
    const errors: FieldError[] = [];
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${index}]`, resourceName));
    seen.add(resourceName);
    errors.push(
      ...wordField(path, resourceName, ["cpu", "memory"]),
      ...wordField(path, restartPolicy, ["NotRequired", "RestartContainer"]),
    );
    if (ofPod === "Never" && restartPolicy !== "NotRequired") {
      const detail = "must be 'NotRequired' when `restartPolicy` is 'Never'";
      errors.push(invalid(path, restartPolicy, detail));
    }
    return errors;
  });
}

const restartRulesMax = 20;
const exitCodesMax = 255;

/** A container's own restart policy, and rules by exit code. */
function validateRestart(
  { restartPolicy, restartPolicyRules = [] }: Container,
  path: string,
): FieldError[] {
  const at = `${path}.restartPolicy`;
  const words = ["Always", "Never", "OnFailure"];
  const errors: FieldError[] = [];
  if (restartPolicy !== undefined && !words.includes(restartPolicy)) {
    errors.push(notSupported(at, restartPolicy, words));
  }
  if (restartPolicyRules.length === 0) return errors;
  if (restartPolicy === undefined) {
    errors.push(required(at, "must specify restartPolicy when restart rules are used"));
  }
  const rulesPath = `${path}.restartPolicyRules`;
  const count = restartPolicyRules.length;
  if (count > restartRulesMax) errors.push(tooMany(rulesPath, count, restartRulesMax));
  restartPolicyRules.forEach((rule, index) => {
    errors.push(...validateRestartRule(rule, `${rulesPath}[${index}]`));
  });
  return errors;
}

function validateRestartRule(
  { action = "", exitCodes }: ContainerRestartRule,
  path: string,
): FieldError[] {
  const actions = ["Restart", "RestartAllContainers"];
  const errors = actions.includes(action) ? [] : [notSupported(`${path}.action`, action, actions)];
  if (exitCodes === undefined) {
    return [...errors, required(`${path}.exitCodes`, "must be specified")];
  }
  const { operator = "", values = [] } = exitCodes;
  const at = `${path}.exitCodes`;
  if (operator !== "In" && operator !== "NotIn") {
    errors.push(notSupported(`${at}.operator`, operator, ["In", "NotIn"]));
  }
  if (values.length > exitCodesMax) {
    errors.push(tooMany(`${at}.values`, values.length, exitCodesMax));
  }
  return errors;
}

/** Only pods say this; templates may hold anything there. */
export function validateImageSpaces({ image = "" }: Container, path: string): FieldError[] {
  if (image === image.trim()) return [];
  return [invalid(`${path}.image`, image, "must not have leading or trailing whitespace")];
}
