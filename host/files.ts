/** The files the local server hands out: the page around, the page itself, its theme. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join, relative, sep } from 'node:path';
import { PAGE_DIST, PAGE_FOLDER } from './page-build';

export interface ServedFile {
  body: Buffer | string;
  type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Themes of @atlaskit/tokens that Jira puts into a page. */
const THEMES = ['light', 'dark', 'shape', 'spacing', 'typography', 'motion'];

/** A file of the page around the frame, by its name. */
export function browserFile(name: string): Promise<ServedFile | undefined> {
  return fileBelow(join(import.meta.dirname, 'browser'), name);
}

/** A file of the built page. Its document gets the bridge before any other script, as in Jira. */
export async function pageFile(path: string): Promise<ServedFile | undefined> {
  const file = await fileBelow(PAGE_DIST, path);
  if (file === undefined || path !== 'index.html') return file;
  const bridge = '<script src="/bridge.js"></script>';
  return { ...file, body: file.body.toString().replace('<head>', `<head>${bridge}`) };
}

/** The design tokens of both themes, from the package that the page is built with. */
export function themeSheet(): ServedFile {
  const require = createRequire(import.meta.url);
  const folder = join(PAGE_FOLDER, 'node_modules', '@atlaskit', 'tokens');
  const sheets = THEMES.map((name) => {
    const path = join(folder, 'dist', 'cjs', 'artifacts', 'themes', `atlassian-${name}.js`);
    return (require(path) as { default: string }).default;
  });
  return { body: sheets.join('\n'), type: TYPES['.css'] as string };
}

async function fileBelow(folder: string, name: string): Promise<ServedFile | undefined> {
  const path = join(folder, name);
  const type = TYPES[extname(path)];
  if (type === undefined || relative(folder, path).split(sep)[0] === '..') return undefined;
  try {
    return { body: await readFile(path), type };
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}
