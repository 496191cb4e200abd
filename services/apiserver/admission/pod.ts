/** Pods, and the templates of pods in other objects, as plugins look at them. */
import type { KubeObject } from "#libs/api/resource.ts";
import type { PodSpec, PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";

export type { Container, PodSpec } from "#proto/gen/k8s/core/v1.ts";
export type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";

interface Templated {
  readonly template?: PodTemplateSpec;
  readonly spec?: {
    readonly template?: PodTemplateSpec;
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } };
  };
}

/** Where the resources that make pods keep their template. */
const places: Readonly<Record<string, (object: Templated) => PodTemplateSpec | undefined>> = {
  podtemplates: ({ template }) => template,
  replicationcontrollers: ({ spec }) => spec?.template,
  "replicasets.apps": ({ spec }) => spec?.template,
  "deployments.apps": ({ spec }) => spec?.template,
  "statefulsets.apps": ({ spec }) => spec?.template,
  "daemonsets.apps": ({ spec }) => spec?.template,
  "jobs.batch": ({ spec }) => spec?.template,
  "cronjobs.batch": ({ spec }) => spec?.jobTemplate?.spec?.template,
};

/** The template in an object of a resource; undefined when it has none. */
export function templateOf(
  resource: string,
  object: KubeObject,
): { metadata: ObjectMeta; spec: PodSpec } | undefined {
  const template = places[resource]?.(object as Templated);
  return template?.spec && { metadata: template.metadata ?? {}, spec: template.spec };
}
