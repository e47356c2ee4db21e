/** Front matter (YAML, or TOML as site generators write it) → what it says about its document. */

import { parse } from 'yaml';
import { shortenHeading } from './heading-path';
import type { DocumentMetadata } from './types';

/** Longer ones are data that somebody put into a document, and stay text. */
const FRONT_MATTER_LENGTH_MAX = 65_536;
const LABELS_MAX = 50;
const LABEL_LENGTH_MAX = 100;

const LABEL_KEYS = ['labels', 'label', 'tags', 'tag', 'keywords', 'categories', 'category'];
const LANGUAGE_KEYS = ['language', 'lang', 'locale'];
const OWNER_KEYS = ['owner', 'owners', 'maintainer', 'maintainers', 'author', 'authors'];

const FENCED = /^(---|\+\+\+)[ \t]*\r?\n([\s\S]*?)(?:^|\n)\1[ \t]*$/;
const TOML_TABLE = /^[ \t]*\[/m;
const TOML_ASSIGNMENT = /^([ \t]*[\w-]+)[ \t]*=[ \t]*/gm;

/**
 * Reads front matter with its fences; undefined when it is not a list of keys with values, for then
 * it is text between two rules.
 */
export function readFrontMatter(source: string): DocumentMetadata | undefined {
  if (source.length > FRONT_MATTER_LENGTH_MAX) return undefined;
  const [, fence, content = ''] = FENCED.exec(source.replace(/\r\n?/g, '\n')) ?? [];
  if (fence === undefined) return undefined;
  const fields = fieldsOf(fence === '+++' ? yamlOfToml(content) : content);
  return fields === undefined ? undefined : metadataOf(fields);
}

/** Metadata of named values, whatever a format calls them; names are lower case. */
export function metadataOf(fields: ReadonlyMap<string, unknown>): DocumentMetadata {
  const metadata: DocumentMetadata = { labels: labelsOf(valuesOf(fields, LABEL_KEYS)) };
  const [title] = valuesOf(fields, ['title']).map(shortenHeading);
  const language = valuesOf(fields, LANGUAGE_KEYS)
    .map(languageTag)
    .find((tag) => tag !== '');
  const owner = shortenHeading(valuesOf(fields, OWNER_KEYS).join(', '));
  if (title !== undefined && title !== '') metadata.title = title;
  if (language !== undefined) metadata.language = language;
  if (owner !== '') metadata.owner = owner;
  return metadata;
}

function fieldsOf(yaml: string): Map<string, unknown> | undefined {
  let value: unknown;
  try {
    value = parse(yaml, { logLevel: 'error', uniqueKeys: false });
  } catch {
    return undefined;
  }
  if (value === null) return new Map();
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field]));
}

/** The assignments above the first table: strings and lists of them are written alike in YAML. */
function yamlOfToml(toml: string): string {
  const table = TOML_TABLE.exec(toml);
  return toml.slice(0, table?.index).replace(TOML_ASSIGNMENT, '$1: ');
}

/** Texts of the first of the keys that has any. */
function valuesOf(fields: ReadonlyMap<string, unknown>, keys: readonly string[]): string[] {
  for (const key of keys) {
    const texts = textsOf(fields.get(key));
    if (texts.length > 0) return texts;
  }
  return [];
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.slice(0, LABELS_MAX).flatMap(textsOf);
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  const isNamed = typeof value === 'object' && value !== null && 'name' in value;
  return isNamed ? textsOf(value.name) : [];
}

/** A single text may list several, with commas. */
function labelsOf(texts: readonly string[]): string[] {
  const single = texts.length === 1 ? texts[0]?.split(',') : undefined;
  const labels = (single ?? texts)
    .map((label) => shortenHeading(label).slice(0, LABEL_LENGTH_MAX).trim())
    .filter((label) => label !== '');
  return [...new Set(labels)].slice(0, LABELS_MAX);
}

/** Canonical form of a language tag (`pt_br` is `pt-BR`), or '' for what is none. */
function languageTag(text: string): string {
  try {
    return Intl.getCanonicalLocales(text.replaceAll('_', '-'))[0] ?? '';
  } catch {
    return '';
  }
}
