/** Images: pulled as the pod's policy says, and the one that Kubus makes itself. */
import { Readable } from "node:stream";
import type Docker from "dockerode";
import type { World } from "#libs/actor/world.ts";
import type { Container } from "#proto/gen/k8s/core/v1.ts";
import { RuntimeError, type StartContext } from "../../runtime.ts";
import { credentialsFor, type Credentials } from "./credentials.ts";
import { pauseArchive, pauseImage, pauseReference } from "./pause.ts";
import { badRequestCode, daemonText, ifThere, messageOf, refusalCode } from "./refusal.ts";

/** The images of one engine. */
export class Images {
  readonly #docker: Docker;
  readonly #world: World;
  readonly #pulls = new Map<string, Promise<void>>();
  #pause: Promise<void> | undefined;

  constructor(docker: Docker, world: World) {
    this.#docker = docker;
    this.#world = world;
  }

  /** Makes the pause image when the engine has none. */
  async ensurePause(): Promise<void> {
    this.#pause ??= this.#makePause();
    try {
      await this.#pause;
    } catch (error) {
      this.#pause = undefined;
      throw error;
    }
  }

  /**
   * Rejects with RuntimeError: InvalidImageName, ErrImageNeverPull, ErrImagePull. A registry that
   * cannot be reached is no failure while a local image is there, whatever the policy says.
   */
  async ensure(
    { image = "", imagePullPolicy = "IfNotPresent" }: Container,
    credentials: readonly Credentials[],
    { tell, signal }: StartContext,
  ): Promise<void> {
    const isPresent = await this.#isPresent(image);
    if (imagePullPolicy === "Never" && !isPresent) {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      throw new RuntimeError("ErrImageNeverPull", message);
    }
    if (isPresent && imagePullPolicy !== "Always") {
      tell({ type: "ImagePresent" });
      return;
    }
    tell({ type: "Pulling" });
    const started = this.#world.monotonic();
    try {
      await abortable(this.#pull(image, credentials), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPresent || !isUnreachable(messageOf(error))) {
        throw new RuntimeError("ErrImagePull", daemonText(error));
      }
      tell({ type: "ImagePresent" });
      return;
    }
    const bytes = (await this.#docker.getImage(image).inspect()).Size;
    tell({ type: "Pulled", milliseconds: this.#world.monotonic() - started, bytes });
  }

  async #isPresent(image: string): Promise<boolean> {
    try {
      return (await ifThere(this.#docker.getImage(image).inspect())) !== undefined;
    } catch (error) {
      if (refusalCode(error) !== badRequestCode) throw error;
      const why = `couldn't parse image name "${image}": invalid reference format`;
      const message = `Failed to apply default image tag "${image}": ${why}`;
      throw new RuntimeError("InvalidImageName", message);
    }
  }

  /** Pods that want the same image wait for the same pull. */
  #pull(image: string, credentials: readonly Credentials[]): Promise<void> {
    const reference = withTag(image);
    const authconfig = credentialsFor(reference, credentials);
    const key = JSON.stringify([reference, authconfig]);
    const known = this.#pulls.get(key);
    if (known) return known;
    const options = authconfig ? { authconfig } : {};
    const pull = this.#docker
      .pull(reference, options)
      .then((progress) => this.#finished(progress))
      .finally(() => this.#pulls.delete(key));
    this.#pulls.set(key, pull);
    return pull;
  }

  /** A pull that fails half-way says so in its progress. */
  #finished(progress: NodeJS.ReadableStream): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#docker.modem.followProgress(progress, (error: Error | null) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async #makePause(): Promise<void> {
    if (await ifThere(this.#docker.getImage(pauseReference).inspect())) return;
    const { Architecture: architecture } = (await this.#docker.info()) as { Architecture: string };
    const progress = await this.#docker.importImage(Readable.from([pauseArchive(architecture)]), {
      repo: pauseImage.repository,
      tag: pauseImage.tag,
      changes: ['ENTRYPOINT ["/pause"]'],
    });
    await this.#finished(progress);
  }
}

/** Docker would pull every tag of an image that names none. */
function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf("/") + 1);
  return last.includes(":") || last.includes("@") ? image : `${image}:latest`;
}

const unreachable =
  /no such host|dial tcp|i\/o timeout|network is unreachable|connection refused|Client\.Timeout/;

const isUnreachable = (message: string) => unreachable.test(message);

/** Stops waiting; the engine goes on pulling, for whoever wants the image next. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
