/** Subjects are built in libs/bus/subjects.ts only, so that every name in them is escaped. */
import { currentPath, isTest } from "./place.js";

const home = "libs/bus/subjects.ts";

/** `kubus.store.v1.commit…`, but not the message name `kubus.store.v1.CommitRequest`. */
const subject = /(^|[\s'"`])kubus\.(api|store|watch|head|actor|node)\.v1(\.[^A-Z]|$)/;
/** `${prefix}.actor.v1.…` */
const assembled = /^\.(api|store|watch|head|actor|node)\.v1(\.|$)/;

export const subjects = {
  create(context) {
    const path = currentPath(context);
    if (path === home || isTest(path)) return {};
    const check = (node, text) => {
      if (!subject.test(text) && !assembled.test(text)) return;
      context.report({ node, message: `build subjects in ${home}` });
    };
    return {
      Literal: (node) => typeof node.value === "string" && check(node, node.value),
      TemplateElement: (node) => check(node, node.value.cooked ?? ""),
    };
  },
};
