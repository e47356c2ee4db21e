/**
 * Compiles the WebAssembly texts of `src/kernels/wat` and writes the binary, as base64, into
 * `src/kernels/wasm-binary.ts`. Run it after changing one of them: npm run kernels
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';

const KERNELS = join(import.meta.dirname, '..', 'src', 'kernels');
const TEXTS = join(KERNELS, 'wat');
const TARGET = join(KERNELS, 'wasm-binary.ts');
const BASE64_COLUMNS = 92;

/** The binary of one module. Each text holds fields of it; they are joined by order of names. */
export async function compileKernels(): Promise<Uint8Array> {
  const fields = readdirSync(TEXTS)
    .filter((name) => name.endsWith('.wat'))
    .sort()
    .map((name) => readFileSync(join(TEXTS, name), 'utf8'));
  const { parseWat } = await wabt();
  const text = `(module\n${fields.join('\n')})\n`;
  const module = parseWat('kernels.wat', text, { simd: true, relaxed_simd: false });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** The source of `wasm-binary.ts`. */
export function binarySource(binary: Uint8Array): string {
  const base64 = Buffer.from(binary).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${BASE64_COLUMNS}}`, 'g')) ?? [];
  return [
    `/** ${binary.length} bytes of WebAssembly in base64, made from \`wat/\` by \`npm run kernels\`. */`,
    'export const KERNELS_WASM = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const binary = await compileKernels();
  writeFileSync(TARGET, binarySource(binary));
  console.log(`src/kernels/wasm-binary.ts: ${binary.length} bytes of WebAssembly`);
}
