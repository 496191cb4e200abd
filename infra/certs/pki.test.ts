import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realWorld, type World } from "#libs/actor/world.ts";
import { ensurePki, type Pki } from "./pki.ts";

let folder: string;
let pki: Pki;

const options = (world: World = realWorld) => ({
  folder,
  serviceIp: "127.96.0.1",
  hosts: ["box.example", "192.0.2.7"],
  world,
});

const laterBy = (days: number): World => ({
  ...realWorld,
  now: () => realWorld.now() + days * 24 * 60 * 60 * 1000,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-pki-"));
  pki = await ensurePki(options());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Whom the server sees and whom the client sees after a handshake with both certificates. */
async function handshake(servername: string) {
  const server = createServer({
    ...pki.apiserver,
    ca: pki.ca,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const accepted = new Promise<TLSSocket>((resolve) => server.once("secureConnection", resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...pki.admin, ca: pki.ca, port, host: "127.0.0.1", servername });
  try {
    await new Promise((resolve, reject) => {
      client.once("secureConnect", resolve).once("error", reject);
    });
    return (await accepted).getPeerCertificate().subject;
  } finally {
    client.destroy();
    server.close();
  }
}

describe("certificates", () => {
  test.each(["localhost", "kubernetes.default.svc", "box.example"])(
    "both sides accept each other as %s",
    async (name) => {
      expect(await handshake(name)).toMatchObject({ CN: "kubernetes-admin", O: "system:masters" });
    },
  );

  test("a name that was not asked for is refused", async () => {
    await expect(handshake("elsewhere.example")).rejects.toThrow(/altnames/);
  });

  test.each(["127.0.0.1", "::1", "127.96.0.1", "192.0.2.7"])("the server is %s", (ip) => {
    expect(new X509Certificate(pki.apiserver.cert).checkIP(ip)).toBe(ip);
  });

  test("the authority may sign certificates, what it signed may not", () => {
    expect(new X509Certificate(pki.ca).ca).toBe(true);
    expect(new X509Certificate(pki.admin.cert).ca).toBe(false);
  });

  test("the keys of service accounts belong together", () => {
    const text = Buffer.from("token");
    const signature = sign("sha256", text, createPrivateKey(pki.serviceAccount.key));
    const key = createPublicKey(pki.serviceAccount.publicKey);
    expect(verify("sha256", text, key, signature)).toBe(true);
  });

  test("private keys are for their owner only", async () => {
    for (const name of ["ca.key", "apiserver.key", "admin.key", "sa.key"]) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
  });
});

describe("the second time", () => {
  test("everything is kept", async () => {
    expect(await ensurePki(options())).toEqual(pki);
  });

  test("another address of the server means another certificate of the server alone", async () => {
    const moved = await ensurePki({ ...options(), hosts: ["box.example", "192.0.2.8"] });
    expect(moved.apiserver.cert).not.toBe(pki.apiserver.cert);
    expect(moved.admin).toEqual(pki.admin);
    expect(moved.ca).toBe(pki.ca);
  });

  test("less than 30 days before the end, certificates are issued anew, not before", async () => {
    expect((await ensurePki(options(laterBy(334)))).admin).toEqual(pki.admin);
    const renewed = await ensurePki(options(laterBy(336)));
    expect(renewed.ca).toBe(pki.ca);
    expect(renewed.admin.cert).not.toBe(pki.admin.cert);
    expect(await readFile(join(folder, "admin.crt"), "utf8")).toBe(renewed.admin.cert);
  });
});
