import { describe, expect, it } from 'vitest';
import { createJobSchema, parsePayload } from '../../src/handlers/payload';
import type { Library } from '../../static/admin/src/calls/contract';
import { initialValues, requestOf } from '../../static/admin/src/indexing/job-request';

const HANDBOOK: Library = {
  name: 'Handbook',
  generation: 3,
  projects: ['PAY'],
  embedder: 'openai',
  model: 'text-embedding-3-small',
  dimensions: 1536,
  documents: 4,
  chunks: 40,
  needsReindex: null,
  canRestore: true,
};
const NEW = { ...initialValues(undefined), library: ' Rules ', documents: 2 };
const KNOWN = { ...initialValues(HANDBOOK), documents: 1 };

describe('requestOf', () => {
  it('asks for a new library with what the form shows', () => {
    const result = requestOf(NEW, undefined);
    expect(result).toEqual({
      request: { library: 'Rules', embedder: 'builtin', sync: false, projects: 'all' },
    });
    if ('request' in result) parsePayload(createJobSchema, result.request);
  });

  it('keeps model and projects of a library that is there', () => {
    expect(requestOf(KNOWN, HANDBOOK)).toEqual({
      request: { library: 'Handbook', embedder: 'openai', sync: false },
    });
  });

  it('takes project keys as people type them', () => {
    const values = { ...NEW, projects: 'list' as const, projectKeys: 'pay; HR,  PAY' };
    expect(requestOf(values, undefined)).toMatchObject({ request: { projects: ['PAY', 'HR'] } });
  });

  it.each([
    ['no document', { documents: 0 }, 'documents'],
    ['no name', { library: '  ' }, 'library'],
    ['a name too long', { library: 'x'.repeat(101) }, 'library'],
    ['no project key', { projects: 'list' as const }, 'projectKeys'],
    ['a wrong project key', { projects: 'list' as const, projectKeys: 'PAY 1X' }, 'projectKeys'],
  ])('finds %s', (_, changed, field) => {
    const result = requestOf({ ...NEW, ...changed }, undefined);
    expect(result).toEqual({ errors: { [field]: expect.any(String) } });
  });

  it('rebuilds a library for another model only when that was agreed to', () => {
    const other = { ...KNOWN, embedder: 'builtin' as const };
    expect(requestOf(other, HANDBOOK)).toHaveProperty('errors.rebuild');
    expect(requestOf({ ...other, rebuild: true }, HANDBOOK)).toMatchObject({
      request: { embedder: 'builtin', rebuild: true },
    });
  });

  it('rebuilds a library that another version of the app has made', () => {
    const old = { ...HANDBOOK, needsReindex: { field: 'chunker', found: 1, expected: 2 } };
    expect(requestOf(KNOWN, old)).toHaveProperty('errors.rebuild');
  });
});
