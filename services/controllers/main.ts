import { isProgram, processConfig, runProcess } from "#libs/actor/process.ts";
import type { ControllersConfig } from "./config.ts";
import { components, isEnabled } from "./index.ts";

export { components } from "./index.ts";

if (isProgram(import.meta.url)) {
  const { controllers } = processConfig<ControllersConfig>(process.env);
  await runProcess(...components.filter(({ name }) => isEnabled(name, controllers)));
}
