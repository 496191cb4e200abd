import { isProgram, runProcess } from "#libs/actor/process.ts";
import { components } from "./index.ts";

export { components } from "./index.ts";

if (isProgram(import.meta.url)) await runProcess(...components);
