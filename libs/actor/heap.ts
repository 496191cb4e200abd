/** How V8 treats buffers beside its heap. */
import { setFlagsFromString } from "node:v8";

let readers = 0;

/**
 * Messages are buffers beside the heap, and V8 marks the whole heap whenever they have grown by
 * 64 MiB. Who reads a gigabyte of them into a heap that grows meanwhile spends a third of its time
 * on that; counted with the heap, they let it grow in proportion. Only while `read` runs: a process
 * that always counted so would hold twice the memory.
 */
export async function countingBuffers<Result>(read: () => Promise<Result>): Promise<Result> {
  readers += 1;
  setFlagsFromString("--external-memory-accounted-in-global-limit");
  try {
    return await read();
  } finally {
    readers -= 1;
    if (readers === 0) setFlagsFromString("--no-external-memory-accounted-in-global-limit");
  }
}
