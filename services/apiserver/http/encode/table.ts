/** Tables: what `kubectl get` prints. */
import { badRequest } from "#libs/api/errors.ts";
import { ageText, defaultColumns, nameColumn } from "#libs/api/printing.ts";
import type { KubeObject, PrintColumn } from "#libs/api/resource.ts";
import type { Version } from "../../registry/request.ts";
import type { ListMeta } from "./json.ts";
import { partialObject } from "./partial.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

/** Throws 400 for a word that there is not. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const asked = query.get("includeObject") ?? "";
  if (asked === "" || asked === "Metadata") return "Metadata";
  if (asked === "Object" || asked === "None") return asked;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: "${asked}": ` +
      "must be 'Metadata', 'Object', 'None', or empty",
  );
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly conditions?: readonly RowCondition[];
  /** Null when no object is wanted. */
  readonly object: unknown;
}

interface RowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface Table {
  readonly kind: "Table";
  readonly apiVersion: string;
  readonly metadata: Partial<ListMeta>;
  readonly columnDefinitions: readonly unknown[] | null;
  readonly rows: readonly TableRow[];
}

/** What a row is made of. */
export type Printable = Pick<Version, "definition" | "object">;

export interface TableOptions {
  readonly apiVersion: string;
  readonly include: IncludeObject;
  /** Milliseconds since 1970, for ages. */
  readonly now: number;
}

/** What a table says of its columns. */
export function columnDefinitions(columns: readonly PrintColumn<KubeObject>[]): unknown[] {
  return columns
    .filter(({ unlisted }) => unlisted !== true)
    .map(({ name, type, format = "", description = "", priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    }));
}

/** Columns of a version: those of its resource, of a scale, or name and age. */
export function columnsOf(version: Printable): readonly PrintColumn<KubeObject>[] {
  if (version.object.kind === "Scale") return scaleColumns;
  const columns = version.definition.printColumns;
  return columns.length > 0 ? columns : defaultColumns;
}

/** One object as a row, with as much of the object as was asked for. */
export function tableRow(version: Printable, options: TableOptions): TableRow {
  const { object } = version;
  const cells = columnsOf(version).map(({ cell }) => cell(object, options.now));
  const conditions = rowConditions(object);
  return {
    cells,
    ...(conditions.length === 0 ? {} : { conditions }),
    object: rowObject(version, options),
  };
}

function rowObject(version: Printable, { include, apiVersion }: TableOptions): unknown {
  if (include === "None") return null;
  return include === "Object" ? version.object : partialObject(version, apiVersion);
}

/** A table of any number of versions of one resource. */
export function table(
  columns: readonly PrintColumn<KubeObject>[] | null,
  versions: readonly Printable[],
  metadata: Partial<ListMeta>,
  options: TableOptions,
): Table {
  return {
    kind: "Table",
    apiVersion: options.apiVersion,
    metadata,
    columnDefinitions: columns === null ? null : columnDefinitions(columns),
    rows: versions.map((version) => tableRow(version, options)),
  };
}

/** Finished pods are marked, so that a client can leave them out. */
function rowConditions(object: KubeObject): RowCondition[] {
  if (object.kind !== "Pod" || object.apiVersion !== "v1") return [];
  const { status } = object as { status?: { phase?: string } };
  const phase = status?.phase;
  if (phase !== "Succeeded" && phase !== "Failed") return [];
  const message = phase === "Succeeded" ? "The pod has completed successfully." : "The pod failed.";
  return [{ type: "Completed", status: "True", reason: phase, message }];
}

interface Scale extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
}

const scaleColumns: readonly PrintColumn<KubeObject>[] = [
  {
    name: "Name",
    type: "string",
    format: "name",
    description: "Whose scale it is.",
    cell: nameColumn.cell,
  },
  {
    name: "Desired",
    type: "integer",
    description: "Wanted number of replicas.",
    cell: (object) => (object as Scale).spec?.replicas ?? 0,
  },
  {
    name: "Available",
    type: "integer",
    description: "Observed number of replicas.",
    cell: (object) => (object as Scale).status?.replicas ?? 0,
  },
  {
    name: "Age",
    type: "string",
    description: "Time since the object was created.",
    cell: ({ metadata }, now) => ageText(metadata?.creationTimestamp, now),
  },
];
