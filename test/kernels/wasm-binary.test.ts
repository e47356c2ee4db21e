import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KERNELS_WASM } from '../../src/kernels/wasm-binary';
import { binarySource, compileKernels } from '../../tools/build-kernels';
import { ROOT, sourcesBelow } from '../support/project-files';

const COLUMNS_MAX = 100;
const LINES_MAX = 400;

describe('the embedded binary', () => {
  it('is what its texts compile to, byte for byte', async () => {
    const binary = await compileKernels();
    expect(Buffer.from(KERNELS_WASM, 'base64').equals(binary), 'run: npm run kernels').toBe(true);
    const file = join(ROOT, 'src', 'kernels', 'wasm-binary.ts');
    expect(readFileSync(file, 'utf8')).toBe(binarySource(binary));
  });
});

describe('the texts of the kernels', () => {
  const texts = sourcesBelow(['src/kernels/wat'], /\.wat$/);

  it('keep to the width and length of sources', () => {
    expect(texts.length).toBeGreaterThan(4);
    for (const { path, source } of texts) {
      const lines = source.split('\n');
      expect(lines.length, path).toBeLessThanOrEqual(LINES_MAX);
      expect(Math.max(...lines.map((line) => line.length)), path).toBeLessThanOrEqual(COLUMNS_MAX);
    }
  });

  it('say first what they compute', () => {
    for (const { path, source } of texts) expect(source, path).toMatch(/^;; \S/);
  });
});
