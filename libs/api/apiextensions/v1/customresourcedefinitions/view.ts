/**
 * Definitions as Kubernetes' API server holds them: what all versions state alike stands once,
 * and its errors name that place (`spec.validation`).
 */
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from "#proto/gen/k8s/apiextensions/v1.ts";
import { sameJson } from "../../schema/json.ts";

export interface VersionView {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated: boolean;
  readonly deprecationWarning: string | undefined;
  readonly schema: CustomResourceValidation | undefined;
  readonly subresources: CustomResourceSubresources | undefined;
  readonly columns: readonly CustomResourceColumnDefinition[];
  readonly selectableFields: readonly SelectableField[];
}

export interface SpecView {
  readonly group: string;
  readonly names: CustomResourceDefinitionNames;
  readonly scope: string;
  /** The first one's name. */
  readonly version: string;
  /** Undefined where the field is absent. */
  readonly versions: readonly VersionView[] | undefined;
  readonly validation: CustomResourceValidation | undefined;
  readonly subresources: CustomResourceSubresources | undefined;
  readonly columns: readonly CustomResourceColumnDefinition[];
  readonly selectableFields: readonly SelectableField[];
  readonly preservesUnknown: boolean;
}

export function viewOf(spec: CustomResourceDefinitionSpec): SpecView {
  const { preserveUnknownFields = false } = spec;
  // Go writes a list that was not given as null.
  const versions = spec.versions ?? [];
  const common = <Value>(read: (version: CustomResourceDefinitionVersion) => Value) => {
    const [first] = versions.map(read);
    const isCommon = versions.every((version) => sameJson(read(version), first));
    return { value: isCommon ? first : undefined, isCommon };
  };
  const schema = common((version) => version.schema);
  const subresources = common((version) => version.subresources);
  const columns = common((version) => version.additionalPrinterColumns ?? []);
  const selectable = common((version) => version.selectableFields ?? []);
  const views = versions.map((version): VersionView => ({
    name: version.name ?? "",
    served: version.served ?? false,
    storage: version.storage ?? false,
    deprecated: version.deprecated ?? false,
    deprecationWarning: version.deprecationWarning,
    schema: schema.isCommon ? undefined : version.schema,
    subresources: subresources.isCommon ? undefined : version.subresources,
    columns: columns.isCommon ? [] : (version.additionalPrinterColumns ?? []),
    selectableFields: selectable.isCommon ? [] : (version.selectableFields ?? []),
  }));
  return {
    group: spec.group ?? "",
    names: spec.names ?? {},
    scope: spec.scope ?? "",
    version: versions[0]?.name ?? "",
    versions: spec.versions === undefined ? undefined : views,
    validation: schema.value,
    subresources: subresources.value,
    columns: columns.value ?? [],
    selectableFields: selectable.value ?? [],
    preservesUnknown: preserveUnknownFields,
  };
}
