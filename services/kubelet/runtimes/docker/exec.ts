/** Runs a command in a container, for probes and hooks. */
import type Docker from "dockerode";
import type { Patience } from "../../handlers.ts";
import type { ProbeResult } from "../../runtime.ts";
import { withoutFrames } from "./logs.ts";
import { messageOf } from "./refusal.ts";

/** Bytes of output that are kept for an event. As the kubelet's. */
const outputBytesMax = 10 * 1024;

/** ok: it ended with exit code 0 in time. */
export async function runCommand(
  docker: Docker,
  containerId: string,
  command: readonly string[],
  { milliseconds, signal }: Patience,
): Promise<ProbeResult> {
  const late = `command timed out: "${command.join(" ")}" timed out after ${milliseconds / 1_000}s`;
  try {
    const exec = await docker.getContainer(containerId).exec({
      Cmd: [...command],
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ abortSignal: signal });
    const output = await collect(stream as AsyncIterable<Buffer>);
    // An engine that is asked to end the stream early leaves the command running.
    if (signal.aborted) return { ok: false, output: late };
    const { ExitCode: code } = await exec.inspect();
    return { ok: code === 0, output };
  } catch (error) {
    return { ok: false, output: signal.aborted ? late : messageOf(error) };
  }
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  let output = Buffer.alloc(0);
  for await (const chunk of withoutFrames(stream)) {
    if (output.length < outputBytesMax) output = Buffer.concat([output, chunk]);
  }
  return output.subarray(0, outputBytesMax).toString();
}
