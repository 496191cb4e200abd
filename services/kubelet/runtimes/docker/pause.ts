/**
 * The program that holds a pod's network: it waits for ever. Assembled here, so that neither a
 * compiler nor a registry is needed. Pure.
 */
import { tarOf } from "./tar.ts";

export const pauseImage = { repository: "kubus/pause", tag: "1" } as const;
export const pauseReference = `${pauseImage.repository}:${pauseImage.tag}`;

interface Machine {
  /** e_machine of the ELF header. */
  readonly elfMachine: number;
  readonly code: Buffer;
}

const word = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

/** struct sigaction that ignores: the kernel then reaps what ends in the pod's PID space. */
const ignoreAction = Buffer.alloc(32);
ignoreAction.writeUInt8(1);
const sigchld = 17;

function x64(): Machine {
  const code = Buffer.from([
    ...[0xb8, 13, 0, 0, 0], // mov eax, rt_sigaction
    ...[0xbf, sigchld, 0, 0, 0], // mov edi, SIGCHLD
    ...[0x48, 0x8d, 0x35, 19, 0, 0, 0], // lea rsi, [rip + 19]: the action behind the code
    ...[0x31, 0xd2], // xor edx, edx
    ...[0x41, 0xba, 8, 0, 0, 0], // mov r10d, 8
    ...[0x0f, 0x05], // syscall
    ...[0xb8, 34, 0, 0, 0], // mov eax, pause
    ...[0x0f, 0x05], // syscall
    ...[0xeb, 0xf7], // jmp to the second mov eax
  ]);
  return { elfMachine: 62, code: Buffer.concat([code, ignoreAction]) };
}

function arm64(): Machine {
  // movz
  const load = (register: number, value: number) => word(0xd2800000 | (value << 5) | register);
  const call = word(0xd4000001); // svc #0
  const code = Buffer.concat([
    ...[load(0, sigchld), word(0x10000000 | (13 << 5) | 1)], // adr x1: 13 words from here
    ...[load(2, 0), load(3, 8), load(8, 134), call], // rt_sigaction
    ...[load(0, 0), load(1, 0), load(2, 0), load(3, 0), load(4, 0)],
    ...[load(8, 73), call], // ppoll without descriptors: this machine has no pause
    word(0x14000000 | (-7 & 0x3ffffff)), // b to the first load of ppoll
  ]);
  return { elfMachine: 183, code: Buffer.concat([code, ignoreAction]) };
}

const machines: Readonly<Record<string, () => Machine>> = {
  x86_64: x64,
  amd64: x64,
  aarch64: arm64,
  arm64,
};

const headerBytes = 64 + 56;
const loadAddress = 0x400000;

/** A static executable of one segment. Throws for a machine that it is not written for. */
export function pauseProgram(architecture: string): Buffer {
  const machine = machines[architecture]?.();
  if (!machine) throw new Error(`no pause program for ${architecture}`);
  const { elfMachine, code } = machine;
  const size = headerBytes + code.length;
  const elf = Buffer.alloc(headerBytes);
  elf.write("\u007fELF", 0, "latin1");
  elf.set([2, 1, 1], 4); // 64 bits, little endian, version 1
  elf.writeUInt16LE(2, 16); // executable
  elf.writeUInt16LE(elfMachine, 18);
  elf.writeUInt32LE(1, 20);
  elf.writeBigUInt64LE(BigInt(loadAddress + headerBytes), 24); // entry
  elf.writeBigUInt64LE(64n, 32); // program headers
  elf.writeUInt16LE(64, 52);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, 64); // PT_LOAD
  elf.writeUInt32LE(5, 68); // readable, executable
  elf.writeBigUInt64LE(BigInt(loadAddress), 80);
  elf.writeBigUInt64LE(BigInt(loadAddress), 88);
  elf.writeBigUInt64LE(BigInt(size), 96);
  elf.writeBigUInt64LE(BigInt(size), 104);
  elf.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([elf, code]);
}

/** The image's file system. */
export const pauseArchive = (architecture: string): Buffer =>
  tarOf([{ path: "pause", mode: 0o755, data: pauseProgram(architecture) }]);
