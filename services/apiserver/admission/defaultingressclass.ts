/** Gives ingresses that name no class the default one. */
import type { Ingress } from "#proto/gen/k8s/networking/v1.ts";
import { newestDefault } from "./defaultclass.ts";
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

const isDefaultAnnotation = "ingressclass.kubernetes.io/is-default-class";
/** How the class was said before there was a field for it. */
const classAnnotation = "kubernetes.io/ingress.class";

export const defaultIngressClass: AdmissionPlugin = {
  name: "DefaultIngressClass",
  mutate({ operation, place, draft }, reader) {
    if (operation !== "create" || resourceText(place) !== "ingresses.networking.k8s.io") return;
    if (place.subresource !== "" || draft === undefined) return;
    const { metadata, spec } = draft as Ingress;
    if (spec?.ingressClassName !== undefined) return;
    if (metadata?.annotations?.[classAnnotation] !== undefined) return;
    const classes = reader.list("ingressclasses.networking.k8s.io", "");
    const newest = newestDefault(classes, [isDefaultAnnotation]);
    if (newest !== undefined) (draft as Ingress).spec = { ...spec, ingressClassName: newest };
  },
};
