/** `node infra/images/main.ts [service…]`: builds the images of the services. */
import { errorText } from "../tools/error-text.ts";
import { buildImages } from "./build.ts";
import { services } from "../kubus/plan.ts";

const wanted = process.argv.length > 2 ? process.argv.slice(2) : services;

try {
  const images = await buildImages(wanted, process.env);
  for (const service of wanted) process.stdout.write(`${images.of(service)}\n`);
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
}
