/**
 * What readers may rely on in every source file, and lists that must not drift from the code.
 *
 * Width: 100 columns, comments included. Longer are only lines the formatter cannot break: imports
 * and exports of a module, and lines that hold a text (a string, a template, a pattern).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAppManifest } from '../../emulator/app-manifest';
import { ROOT, sourcesBelow } from '../support/project-files';

const LINES_MAX = 400;
const COLUMNS_MAX = 100;

const files = sourcesBelow(
  ['src', 'emulator', 'cli', 'host', 'static/admin/src', 'tools'],
  /\.(tsx?|cjs|mjs)$/,
);
const src = files.filter(({ path }) => path.startsWith('src/'));

/** Columns of a line as an editor shows them. */
const columnsOf = (line: string) => [...line].length;

function isUnbreakable(line: string): boolean {
  if (/^\s*(\/\/|\/?\*)/.test(line)) return false;
  return /^(import|export) .* from '[^']+';$/.test(line) || /['"`]|\/.+\/[a-z]*/.test(line);
}

function tooWide(source: string): number[] {
  return source
    .split('\n')
    .flatMap((line, i) => (columnsOf(line) > COLUMNS_MAX && !isUnbreakable(line) ? [i + 1] : []));
}

describe('source files', () => {
  it('are found', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(src.length).toBeGreaterThan(40);
  });

  it(`have at most ${LINES_MAX} lines`, () => {
    const long = files
      .map(({ path, source }) => ({ path, lines: source.split('\n').length - 1 }))
      .filter(({ lines }) => lines > LINES_MAX);
    expect(long).toEqual([]);
  });

  it(`keep to ${COLUMNS_MAX} columns`, () => {
    const wide = files.flatMap(({ path, source }) => tooWide(source).map((n) => `${path}:${n}`));
    expect(wide).toEqual([]);
  });

  it('have no marks of a merge', () => {
    const mark = /^(<{7}|>{7}) /m;
    expect(files.filter(({ source }) => mark.test(source)).map(({ path }) => path)).toEqual([]);
  });

  it('leave nothing to be done later without saying where it is tracked', () => {
    const marker = /\b(TODO|FIXME|XXX|HACK)\b/;
    const marked = files.flatMap(({ path, source }) =>
      source.split('\n').flatMap((line, i) => (marker.test(line) ? [`${path}:${i + 1}`] : [])),
    );
    expect(marked).toEqual([]);
  });
});

describe('the rule of columns', () => {
  const filler = 'x'.repeat(COLUMNS_MAX);
  it.each([
    ['a long comment', `// ${filler}`, [1]],
    ['a long line of a doc block', ` * it's ${filler}`, [1]],
    ['a long expression', `const a = ${filler};`, [1]],
    ['a long import', `import { a } from '../${filler}';`, []],
    ['a long message', `  message: \`it is ${filler}\`,`, []],
    ['100 columns', filler, []],
    ['columns, not bytes', '—'.repeat(COLUMNS_MAX), []],
  ])('%s', (_, line, expected) => {
    expect(tooWide(line)).toEqual(expected);
  });
});

describe('manifest.yml and the entry', () => {
  it('agree on the handlers', async () => {
    const { functions } = await readAppManifest(join(ROOT, 'manifest.yml'));
    const entry = (await import('../../src/index')) as Record<string, unknown>;
    expect(functions.length).toBeGreaterThan(0);
    for (const { handler } of functions) {
      const [file, name] = handler.split('.');
      expect(file).toBe('index');
      expect(entry[name ?? ''], `src/index.ts does not export ${name}`).toBeTypeOf('function');
    }
  });
});

/** Codes of the errors that src makes: literals of `code:` and constants named for a code. */
function codesOf(sources: readonly { source: string }[]): string[] {
  const codes = sources.flatMap(({ source }) => [
    ...[...source.matchAll(/\bcode: ([^\n]+)/g)].flatMap(([, rest]) =>
      [...(rest ?? '').matchAll(/'([^']*)'/g)].map(([, code]) => code ?? ''),
    ),
    ...[...source.matchAll(/const [A-Z_]+ = '([a-z]+(?:_[a-z]+)+)';/g)].map(
      ([, code]) => code ?? '',
    ),
  ]);
  return [...new Set(codes)].sort();
}

describe('codes of errors', () => {
  const codes = codesOf(src);

  it('are found in all their forms', () => {
    for (const code of ['document_empty', 'store_failed', 'value_missing', 'publish_lost']) {
      expect(codes).toContain(code);
    }
  });

  it('are snake_case', () => {
    expect(codes.filter((code) => !/^[a-z]+(_[a-z0-9]+)*$/.test(code))).toEqual([]);
  });

  it('all stand in the table of README', () => {
    const listed = codesOfReadme();
    expect(codes.filter((code) => !listed.has(code))).toEqual([]);
  });

  it('of that table are all still made by src or cli', () => {
    const made = new Set([...codes, ...codesOf(files.filter(({ path }) => /^cli/.test(path)))]);
    expect([...codesOfReadme()].filter((code) => !made.has(code))).toEqual([]);
  });
});

/** What stands in backquotes between the two markers. */
function codesOfReadme(): Set<string> {
  const path = join(ROOT, 'README.md');
  expect(existsSync(path), 'README.md is missing').toBe(true);
  const table = /<!-- codes:start -->([\s\S]*?)<!-- codes:end -->/.exec(readFileSync(path, 'utf8'));
  expect(table, 'README.md lacks <!-- codes:start --> … <!-- codes:end -->').not.toBeNull();
  const quoted = [...(table?.[1] ?? '').matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)];
  return new Set(quoted.map(([, code]) => code ?? ''));
}
