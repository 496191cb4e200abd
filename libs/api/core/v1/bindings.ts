/** Bindings: a scheduler says which node a pod gets. They are obeyed, not kept. */
import type { Binding } from "#proto/gen/k8s/core/v1.ts";
import { notSupported, required, type FieldError } from "../../errors.ts";
import { defineResource } from "../../resource.ts";

export const bindings = defineResource<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  plural: "bindings",
  singular: "binding",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: ["create"],
  message: "k8s.core.v1.Binding",
  storageVersionHash: "",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  validate,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate({ target = {} }: Binding): FieldError[] {
  const { kind = "", name = "" } = target;
  const errors: FieldError[] = [];
  if (kind !== "" && kind !== "Node") {
    errors.push(notSupported("target.kind", kind, ["Node", "<empty>"]));
  }
  return name === "" ? [...errors, required("target.name", "")] : errors;
}
