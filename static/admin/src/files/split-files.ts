/**
 * Plans how documents travel to the app. A call carries at most 500 KB, so small documents share
 * one and a large one is cut into parts. The plan follows from names and sizes alone: after a
 * failure the same plan goes on at the call that failed.
 */

/** What is read of a file: its slices, when their turn comes. */
export interface GivenFile {
  name: string;
  sizeBytes: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

export interface PlannedPart {
  /** Position of the file among those given. */
  file: number;
  part: number;
  parts: number;
  /** Bytes [start, end) of the file. */
  start: number;
  end: number;
}

/** Forge takes 500 KB a call; the rest is for what the bridge and the platform put around it. */
export const CALL_BYTES_MAX = 450_000;

/** Parts of one call. The app takes no more. */
const CALL_PARTS_MAX = 500;

/** Everything of an entry but its name and content, with room for long part numbers. */
const ENTRY_BYTES = 80;

/** Bytes of a slice: its base64 has no padding, so that the parts join by their text. */
const SLICE_UNIT_BYTES = 3;

/** Base64 characters of a slice unit. */
const SLICE_UNIT_CHARACTERS = 4;

/** The calls, each with the parts it carries, in the order of the files. */
export function planCalls(
  files: readonly Pick<GivenFile, 'name' | 'sizeBytes'>[],
  callBytesMax = CALL_BYTES_MAX,
): PlannedPart[][] {
  const calls: PlannedPart[][] = [];
  let free = 0;
  const place = (part: PlannedPart, bytes: number) => {
    const current = calls.at(-1);
    if (current === undefined || bytes > free || current.length === CALL_PARTS_MAX) {
      calls.push([part]);
      free = callBytesMax;
    } else current.push(part);
    free -= bytes;
  };
  for (const [file, { name, sizeBytes }] of files.entries()) {
    const around = ENTRY_BYTES + jsonBytes(name);
    const sliceBytes = sliceBytesOf(callBytesMax - around);
    const parts = Math.max(1, Math.ceil(sizeBytes / sliceBytes));
    for (let part = 0; part < parts; part++) {
      const start = part * sliceBytes;
      const end = Math.min(sizeBytes, start + sliceBytes);
      place({ file, part, parts, start, end }, around + base64Characters(end - start));
    }
  }
  return calls;
}

/** The bytes as base64. A character code at a time: a spread of a large array overflows. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function sliceBytesOf(contentBytes: number): number {
  const units = Math.floor(contentBytes / SLICE_UNIT_CHARACTERS);
  if (units < 1) throw new Error('the name of a document leaves no room for its content');
  return units * SLICE_UNIT_BYTES;
}

function base64Characters(bytes: number): number {
  return Math.ceil(bytes / SLICE_UNIT_BYTES) * SLICE_UNIT_CHARACTERS;
}

function jsonBytes(text: string): number {
  return new TextEncoder().encode(JSON.stringify(text)).length;
}
