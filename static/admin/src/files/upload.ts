/** Sends documents call by call, and goes on after a failure where it stopped. */
import type { StagedPart } from '../calls/contract';
import { type GivenFile, planCalls, toBase64 } from './split-files';

export interface UploadProgress {
  calls: number;
  /** Calls that have arrived. */
  sent: number;
  bytes: number;
  sentBytes: number;
}

export interface Upload {
  files: readonly GivenFile[];
  /** The first call still to be sent: 0, or where the last try stopped. */
  from: number;
  stage(call: number, documents: StagedPart[]): Promise<unknown>;
  onProgress(progress: UploadProgress): void;
}

/**
 * Sends the calls from `from` on and gives their whole number. A call that fails ends it; what was
 * reported by `onProgress` says where to go on.
 */
export async function upload({ files, from, stage, onProgress }: Upload): Promise<number> {
  const calls = planCalls(files);
  const bytesOf = (end: number) =>
    calls.slice(0, end).reduce((sum, parts) => sum + partBytes(parts), 0);
  const bytes = bytesOf(calls.length);
  let sentBytes = bytesOf(from);
  onProgress({ calls: calls.length, sent: from, bytes, sentBytes });
  for (const [call, parts] of calls.entries()) {
    if (call < from) continue;
    const documents: StagedPart[] = [];
    for (const { file, part, parts: count, start, end } of parts) {
      const given = files[file];
      if (given === undefined) throw new Error(`no file ${file} was given`);
      const content = toBase64(await given.read(start, end));
      documents.push({ name: given.name, part, parts: count, content });
    }
    await stage(call, documents);
    sentBytes += partBytes(parts);
    onProgress({ calls: calls.length, sent: call + 1, bytes, sentBytes });
  }
  return calls.length;
}

function partBytes(parts: readonly { start: number; end: number }[]): number {
  return parts.reduce((sum, { start, end }) => sum + end - start, 0);
}
