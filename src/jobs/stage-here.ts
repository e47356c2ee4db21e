/** Handing documents to a job from the process that has them all. */

import type { GivenDocument } from '../index/prepare-document';
import type { Platform } from '../platform/ports';
import { stageDocuments } from './control-job';

/** Bytes of documents staged by one call; a multiple of three, so that base64 joins. */
const BYTES_PER_CALL = 3_000_000;

/** Stages documents, and answers in how many calls. Errors: those of `stageDocuments`. */
export async function stageHere(
  platform: Platform,
  jobId: string,
  documents: readonly GivenDocument[],
): Promise<number> {
  let calls = 0;
  let bytes = 0;
  let pieces: { name: string; part: number; parts: number; content: string }[] = [];
  const flush = async () => {
    if (pieces.length === 0) return;
    await stageDocuments(platform, jobId, calls, pieces);
    calls += 1;
    bytes = 0;
    pieces = [];
  };
  for (const document of documents) {
    if (bytes + document.bytes.length > BYTES_PER_CALL) await flush();
    const content = Buffer.from(document.bytes).toString('base64');
    pieces.push({ name: document.name, part: 0, parts: 1, content });
    bytes += document.bytes.length;
  }
  await flush();
  return calls;
}
