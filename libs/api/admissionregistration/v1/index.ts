/** The kinds of this group and version: their names are too long for a line of the list. */
export { mutatingadmissionpolicies } from "./mutatingadmissionpolicies.ts";
export { mutatingadmissionpolicybindings } from "./mutatingadmissionpolicybindings.ts";
export { mutatingwebhookconfigurations } from "./mutatingwebhookconfigurations.ts";
export { validatingadmissionpolicies } from "./validatingadmissionpolicies.ts";
export { validatingadmissionpolicybindings } from "./validatingadmissionpolicybindings.ts";
export { validatingwebhookconfigurations } from "./validatingwebhookconfigurations.ts";
