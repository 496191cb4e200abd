/** Whether a Docker engine answers, and what else the tests with containers need. */
import Docker from "dockerode";

/** Empty when they can run, else why they are left out. */
export async function engineReason(): Promise<string> {
  try {
    await new Docker().ping();
    return "";
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return `no Docker engine answers (${text})`;
  }
}
