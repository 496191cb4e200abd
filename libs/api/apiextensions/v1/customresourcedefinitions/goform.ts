/** Versions as Go's encoding/json prints Kubernetes' internal types. */
import type {
  CustomResourceColumnDefinition,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from "#proto/gen/k8s/apiextensions/v1.ts";
import type { GoStruct, GoValue } from "../../../goform.ts";
import { goSchema } from "../../schema/goform.ts";
import type { VersionView } from "./view.ts";

export const goVersions = (versions: readonly VersionView[] | undefined): GoValue =>
  versions?.map(goVersion) ?? null;

const goVersion = (version: VersionView): GoStruct => ({
  Name: version.name,
  Served: version.served,
  Storage: version.storage,
  Deprecated: version.deprecated,
  DeprecationWarning: version.deprecationWarning ?? null,
  Schema: goValidation(version.schema),
  Subresources: goSubresources(version.subresources),
  AdditionalPrinterColumns: goList(version.columns, goColumn),
  SelectableFields: goList(version.selectableFields, goSelectable),
});

const goList = <Item>(items: readonly Item[], form: (item: Item) => GoStruct): GoValue =>
  items.length === 0 ? null : items.map(form);

const goValidation = (validation: CustomResourceValidation | undefined): GoValue => {
  if (validation === undefined) return null;
  const { openAPIV3Schema: schema } = validation;
  return { OpenAPIV3Schema: schema === undefined ? null : goSchema(schema) };
};

function goSubresources(subresources: CustomResourceSubresources | undefined): GoValue {
  if (subresources === undefined) return null;
  const { status, scale } = subresources;
  return {
    Status: status === undefined ? null : {},
    Scale:
      scale === undefined
        ? null
        : {
            SpecReplicasPath: scale.specReplicasPath ?? "",
            StatusReplicasPath: scale.statusReplicasPath ?? "",
            LabelSelectorPath: scale.labelSelectorPath ?? null,
          },
  };
}

const goColumn = (column: CustomResourceColumnDefinition): GoStruct => ({
  Name: column.name ?? "",
  Type: column.type ?? "",
  Format: column.format ?? "",
  Description: column.description ?? "",
  Priority: column.priority ?? 0,
  JSONPath: column.jsonPath ?? "",
});

const goSelectable = ({ jsonPath = "" }: SelectableField): GoStruct => ({ JSONPath: jsonPath });
