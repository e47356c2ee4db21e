/** An export made of seeded data, and its lines. */
import {
  createExportWriter,
  type ExportedDocument,
  type ExportManifest,
} from '../../src/index/export-format';
import { parseExport } from '../../src/index/parse-export';
import { CATALOGUE } from './golden-values';

const DIMENSIONS = 100;
const SEPARATED = 'One line.\u2028The same, to JSON.\u2029And the last.';
const TEXTS: Record<string, string[]> = {
  'a/release.md': ['# Release\n\n', 'Two reviewers "approve".\r\n\tThen it ships. 🚀\n'],
  'guides/größe 📏.md': [SEPARATED, 'Größe.', 'x'],
  'z.txt': ['The last document.'],
};

export const EXPORTED: ExportedDocument[] = Object.entries(TEXTS).map(([name, texts], ordinal) => {
  let at = 0;
  const chunks = texts.map((text, i) => {
    const start = at;
    at += text.length;
    const values = Int8Array.from({ length: DIMENSIONS }, (_, j) => ((i * 31 + j * 7) % 255) - 127);
    return {
      ...{ start, end: at, headings: i === 0 ? [] : ['Release', 'Größe'], text },
      ...{ lead: i === 1 ? '| a |\n' : '', trail: i === 1 ? '```' : '' },
      vector: { values, scale: 0.0078125 * (i + 1) },
    };
  });
  return { name, hash: ordinal === 2 ? '' : 'ab'.repeat(32), chunks };
});

export const EXPORT_MANIFEST: ExportManifest = {
  library: 'Größe & "norms"',
  projects: ['ACME', 'OPS'],
  fingerprint: { ...CATALOGUE.libraries[0]?.fingerprint } as ExportManifest['fingerprint'],
  generation: 8,
  documents: EXPORTED.length,
  chunks: 6,
};

export function linesOf(
  documents: readonly ExportedDocument[] = EXPORTED,
  manifest: ExportManifest = EXPORT_MANIFEST,
): string[] {
  const writer = createExportWriter(manifest);
  const lines = [writer.manifest()];
  for (const { name, hash, chunks } of documents) {
    lines.push(writer.document({ name, hash, chunks: chunks.length }));
    for (const chunk of chunks) lines.push(writer.chunk(chunk));
  }
  return [...lines, writer.end()];
}

/** All that an export holds. */
export async function read(lines: Iterable<string> | AsyncIterable<string>) {
  const { manifest, documents } = await parseExport(lines);
  const found: ExportedDocument[] = [];
  for await (const document of documents) found.push(document);
  return { manifest, documents: found };
}
