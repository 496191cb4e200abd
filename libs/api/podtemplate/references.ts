/** Defaults of references from a pod into itself (the downward API). */
import type { ObjectFieldSelector, ResourceFieldSelector } from "#proto/gen/k8s/core/v1.ts";

export function defaultFieldRef(reference: ObjectFieldSelector | undefined): void {
  if (reference !== undefined) reference.apiVersion ||= "v1";
}

export function defaultResourceRef(reference: ResourceFieldSelector | undefined): void {
  if (reference !== undefined) reference.divisor ||= "0";
}
