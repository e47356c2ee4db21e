/** Seals a segment from records in the parent's store, asks it some queries, and says what it took. */
import type { LibraryEntry } from '../../src/index/catalogue';
import type { DocumentEntry } from '../../src/index/document-table';
import { writeValues } from '../../src/index/read-values';
import { recordSource } from '../../src/index/row-source';
import { sealSegment } from '../../src/index/seal-segment';
import { loadHeads } from '../../src/index/segment-heads';
import { DEFAULT_KNOBS } from '../../src/retrieval/knobs';
import { nearestChunks } from '../../src/retrieval/nearest-chunks';
import { remoteStore } from './remote-store';
import { CHUNKS_PER_DOCUMENT, JOB, LIBRARY, vectorOfRow } from './seal-input';

const rows = Number(process.argv[2]);
const dimensions = Number(process.argv[3]);
const QUERIES = 20;

const kv = remoteStore();
const documents: DocumentEntry[] = Array.from({ length: rows / CHUNKS_PER_DOCUMENT }, (_, i) => ({
  name: `document-${i}.md`,
  hash: '',
  chunks: Array.from({ length: CHUNKS_PER_DOCUMENT }, (__, c) => ({
    start: c * 1_500,
    end: (c + 1) * 1_500,
    job: JOB,
    record: i * CHUNKS_PER_DOCUMENT + c,
    hash: 'AAAAAAAAAAA',
  })),
}));
const plan = {
  libraryId: LIBRARY,
  segmentId: JOB,
  dimensions,
  documents,
  inlineCharactersMax: 0,
};
const source = recordSource(kv, { libraryId: LIBRARY, dimensions, documents });
const sealed = await sealSegment(kv, plan, source);
await writeValues(kv, sealed.items);
await sealed.drop();
const sealRssMb = peakRssMb();

const library = {
  id: LIBRARY,
  fingerprint: { dimensions },
  segments: [sealed.descriptor],
} as unknown as LibraryEntry;
let found = 0;
for (let i = 0; i < QUERIES; i += 1) {
  const row = Math.floor((i * rows) / QUERIES);
  const heads = await loadHeads(kv, [library]);
  const vector = vectorOfRow(row, dimensions);
  const [best] = await nearestChunks(kv, {
    heads,
    libraries: [library],
    vectorOf: () => vector,
    k: 10,
    knobs: DEFAULT_KNOBS,
  });
  // The row itself is nearest to its own vector.
  if (best?.[0]?.start === (row % CHUNKS_PER_DOCUMENT) * 1_500) found += 1;
}
process.send?.({
  report: {
    chunks: sealed.descriptor.chunks,
    found,
    queries: QUERIES,
    sealRssMb,
    rssMb: peakRssMb(),
  },
});
process.disconnect?.();

function peakRssMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1_024);
}
