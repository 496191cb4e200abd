/** Probes and lifecycle hooks. */
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from "#proto/gen/k8s/core/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../errors.ts";
import { invalidFor, nonNegative, portOrNameField, requireText } from "../validation/fields.ts";
import { httpHeaderNameErrors } from "../validation/names.ts";

/** The three probes of a container, in the order in which they are checked. */
export function validateProbes(
  { livenessProbe, readinessProbe, startupProbe }: Probes,
  path: string,
): FieldError[] {
  return [
    ...validateOnceProbe(livenessProbe, `${path}.livenessProbe`),
    ...validateReadinessProbe(readinessProbe, `${path}.readinessProbe`),
    ...validateOnceProbe(startupProbe, `${path}.startupProbe`),
  ];
}

interface Probes {
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

/** A probe for which one success is enough: liveness and startup. */
function validateOnceProbe(probe: Probe | undefined, path: string): FieldError[] {
  if (probe === undefined) return [];
  const errors = validateProbe(probe, path);
  const { successThreshold = 0 } = probe;
  if (successThreshold === 1) return errors;
  return [...errors, invalid(`${path}.successThreshold`, successThreshold, "must be 1")];
}

function validateReadinessProbe(probe: Probe | undefined, path: string): FieldError[] {
  if (probe === undefined) return [];
  const errors = validateProbe(probe, path);
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds === undefined) return errors;
  const at = `${path}.terminationGracePeriodSeconds`;
  return [...errors, invalid(at, seconds, "must not be set for readinessProbes")];
}

function validateProbe(probe: Probe, path: string): FieldError[] {
  const errors = [
    ...validateHandler(probe, undefined, path),
    ...nonNegative(`${path}.initialDelaySeconds`, probe.initialDelaySeconds),
    ...nonNegative(`${path}.timeoutSeconds`, probe.timeoutSeconds),
    ...nonNegative(`${path}.periodSeconds`, probe.periodSeconds),
    ...nonNegative(`${path}.successThreshold`, probe.successThreshold),
    ...nonNegative(`${path}.failureThreshold`, probe.failureThreshold),
  ];
  const seconds = probe.terminationGracePeriodSeconds ?? 1;
  if (seconds > 0) return errors;
  const at = `${path}.terminationGracePeriodSeconds`;
  return [...errors, invalid(at, seconds, "must be greater than 0")];
}

/** `gracePeriodSeconds` of the pod bounds a sleeping hook. */
export function validateLifecycle(
  { postStart, preStop }: Lifecycle,
  gracePeriodSeconds: number | undefined,
  path: string,
): FieldError[] {
  const check = (handler: LifecycleHandler | undefined, at: string) =>
    handler === undefined ? [] : validateHandler(handler, gracePeriodSeconds, at);
  return [...check(postStart, `${path}.postStart`), ...check(preStop, `${path}.preStop`)];
}

function validateHandler(
  handler: Probe & LifecycleHandler,
  gracePeriodSeconds: number | undefined,
  path: string,
): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const given: [string, () => FieldError[]][] = [];
  if (exec !== undefined) {
    const none = (exec.command ?? []).length === 0;
    given.push(["exec", () => (none ? [required(`${path}.exec.command`, "")] : [])]);
  }
  if (httpGet !== undefined) {
    given.push(["httpGet", () => validateHttpGet(httpGet, `${path}.httpGet`)]);
  }
  if (tcpSocket !== undefined) {
    given.push(["tcpSocket", () => portOrNameField(`${path}.tcpSocket.port`, tcpSocket.port)]);
  }
  if (grpc !== undefined) {
    given.push(["grpc", () => portOrNameField(`${path}.grpc.port`, grpc.port)]);
  }
  if (sleep !== undefined) {
    const { seconds = 0 } = sleep;
    given.push(["sleep", () => validateSleep(seconds, gracePeriodSeconds, `${path}.sleep`)]);
  }
  if (given.length === 0) return [required(path, "must specify a handler type")];
  // Only the first is looked at; each further one is one too many.
  return given.flatMap(([name, check], index) =>
    index === 0
      ? check()
      : [forbidden(`${path}.${name}`, "may not specify more than 1 handler type")],
  );
}

const schemes = ["HTTP", "HTTPS"];

function validateHttpGet(
  { path: target, port, scheme = "", httpHeaders = [] }: HTTPGetAction,
  path: string,
): FieldError[] {
  return [
    ...requireText(`${path}.path`, target),
    ...portOrNameField(`${path}.port`, port),
    ...(schemes.includes(scheme) ? [] : [notSupported(`${path}.scheme`, scheme, schemes)]),
    ...httpHeaders.flatMap(({ name = "" }) =>
      invalidFor(`${path}.httpHeaders`, name, httpHeaderNameErrors(name)),
    ),
  ];
}

function validateSleep(
  seconds: number,
  gracePeriodSeconds: number | undefined,
  path: string,
): FieldError[] {
  if (gracePeriodSeconds === undefined) return [];
  if (seconds >= 0 && seconds <= gracePeriodSeconds) return [];
  const detail =
    "must be non-negative and less than terminationGracePeriodSeconds " + `(${gracePeriodSeconds})`;
  return [invalid(path, seconds, detail)];
}
