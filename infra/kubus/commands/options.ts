/** Options that several commands have. */
import { Option } from "commander";

export const nameOption = () => new Option("--name <name>", "name of the cluster").default("kubus");

export const dataOption = () => new Option("--data <dir>", "the cluster's folder (~/.kubus/NAME)");

export const outputOption = () =>
  new Option("-o, --output <format>", "format of the answer")
    .choices(["text", "json"])
    .default("text");
