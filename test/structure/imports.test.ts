import { describe, expect, it } from 'vitest';
import { type SourceFile, violations } from '../support/import-rules';
import { sourcesBelow } from '../support/project-files';

describe('src', () => {
  const files = sourcesBelow(['src']);

  it('has files in every layer, so that the rules have something to hold', () => {
    const folders = new Set(files.map(({ path }) => path.split('/')[1]));
    for (const layer of ['kernels', 'quantization', 'index', 'retrieval', 'refinement']) {
      expect(folders).toContain(layer);
    }
    expect(files.map(({ path }) => path)).toContain('src/index.ts');
  });

  it('keeps every rule of imports', () => {
    expect(violations(files)).toEqual([]);
  });
});

/** A sound tree of one file a part, to be broken one file at a time. */
const SOUND: Readonly<Record<string, string>> = {
  'src/index.ts': "import { a } from './handlers/a'; import { f } from './platform/forge-kv';",
  'src/errors.ts': 'export const e = 1;',
  'src/handlers/a.ts': "import { r } from '../refinement/a'; import { i } from '../index/a';",
  'src/refinement/a.ts': "import { s } from '../retrieval/a';",
  'src/retrieval/a.ts': "import { i } from '../index/a'; import { k } from '../kernels/a';",
  'src/index/a.ts': "import { q } from '../quantization/a'; import { c } from '../chunking/a';",
  'src/quantization/a.ts': "import { k } from '../kernels/a';",
  'src/kernels/a.ts': "export { k } from './b';",
  'src/kernels/b.ts': 'export const k = 1;',
  'src/chunking/a.ts': "import { e } from '../errors'; import { U } from '../platform/limits';",
  'src/embedding/a.ts': "import type { Fetch } from '../platform/ports';",
  'src/platform/ports.ts': 'export type Fetch = () => void;',
  'src/platform/limits.ts': 'export const U = 1;',
  'src/platform/forge-kv.ts': "import { kvs } from '@forge/kvs'; import { F } from './ports';",
};

const tree = (changed: Readonly<Record<string, string>> = {}): SourceFile[] =>
  Object.entries({ ...SOUND, ...changed }).map(([path, source]) => ({ path, source }));

describe('the checker', () => {
  it('finds nothing in a sound tree', () => {
    expect(violations(tree())).toEqual([]);
  });

  it.each([
    ['src/kernels/a.ts', "import { e } from '../errors';", 'kernels may not import foundations'],
    ['src/kernels/a.ts', "import { q } from '../quantization/b';", 'kernels may not import'],
    ['src/kernels/a.ts', "import { crc32 } from 'node:zlib';", 'kernels import their own part'],
    ['src/kernels/a.ts', "import { similarity } from 'ml-distance';", 'kernels import their own'],
    ['src/quantization/a.ts', "import { i } from '../index/b';", 'quantization may not import'],
    ['src/index/a.ts', "import { s } from '../retrieval/b';", 'index may not import retrieval'],
    ['src/retrieval/a.ts', "import { r } from '../refinement/b';", 'may not import refinement'],
    ['src/refinement/a.ts', "import { h } from '../handlers/b';", 'may not import handlers'],
    ['src/retrieval/b.ts', "import { e } from '../index';", 'retrieval may not import entry'],
    ['src/chunking/a.ts', "import { E } from '../embedding/b';", 'chunking may not import'],
    ['src/embedding/a.ts', "import { c } from '../chunking/a';", 'embedding may not import'],
    ['src/errors.ts', "import { U } from './platform/limits';", 'foundations may not import ports'],
    ['src/platform/ports.ts', "import { i } from '../index/b';", 'ports may not import index'],
    ['src/platform/forge-kv.ts', "import { i } from '../index/b';", 'adapters may not import'],
    ['src/handlers/a.ts', "import { f } from '../platform/forge-kv';", 'may not import adapters'],
    ['src/newpart/a.ts', "import { e } from '../errors';", 'has no rule yet'],
  ])('%s with %s: %s', (path, source, expected) => {
    const extra = { 'src/index/b.ts': '', 'src/retrieval/b.ts': '', 'src/refinement/b.ts': '' };
    const more = {
      'src/handlers/b.ts': '',
      'src/embedding/b.ts': '',
      'src/quantization/b.ts': '',
    };
    const found = violations(tree({ ...extra, ...more, [path]: source }));
    expect(found).toEqual([expect.stringContaining(expected)]);
    expect(found[0]).toMatch(new RegExp(`^${path}: `));
  });

  it.each([
    ["import '../../emulator/globals';", 'reaches emulator'],
    ["import { main } from '../../cli/main';", 'reaches cli'],
    ["export { b } from '../../bench/b';", 'reaches bench'],
    ["const x = await import('../../test/x');", 'reaches test'],
    ["type X = import('../../test/x').X;", 'reaches test'],
    ["const x = require('../../test/x');", 'reaches test'],
    ["import x = require('../../test/x');", 'reaches test'],
    ["import { kvs } from '@forge/kvs';", '@forge/kvs is for'],
    ["import type { Q } from '@forge/events';", '@forge/events is for'],
    ["import { fetch } from '@forge/api';", '@forge/api is for'],
    ["import { x } from '@forge/api/out/api';", '@forge/api is for'],
    ["import { r } from './b.js';", 'has an extension'],
    ["import { r } from './b.ts';", 'has an extension'],
    ["import { r } from './absent';", 'leads to no file'],
    ['const name = "x"; await import(name);', 'is computed'],
    ['export default 1;', 'default export'],
    ['export default function f() {}', 'default export'],
    ['const f = 1; export { f as default };', 'default export'],
  ])('%s: %s', (source, expected) => {
    const found = violations(tree({ 'src/retrieval/a.ts': source }));
    expect(found).toEqual([expect.stringContaining(expected)]);
  });

  it('finds a cycle, of types too, and says how it closes', () => {
    const found = violations(
      tree({
        'src/chunking/a.ts': "import { b } from './b';",
        'src/chunking/b.ts': "import type { C } from './c';",
        'src/chunking/c.ts': "export * from './a';",
      }),
    );
    expect(found).toEqual([
      'src/chunking/a.ts: import cycle src/chunking/a.ts → src/chunking/b.ts → ' +
        'src/chunking/c.ts → src/chunking/a.ts',
    ]);
  });

  it('takes words in comments and strings for what they are', () => {
    const source = "// import '../../emulator/x'\nexport const s = \"import '../../cli/main'\";";
    expect(violations(tree({ 'src/retrieval/a.ts': source }))).toEqual([]);
  });
});
