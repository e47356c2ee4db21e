import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { remedyFor } from '../../static/admin/src/text/remedies';
import { ROOT } from '../support/project-files';

/** Codes that only the command line or another page can meet. */
const ELSEWHERE = [
  'budget_too_small',
  'count_mismatch',
  'export_checksum',
  'export_counts',
  'export_invalid',
  'export_order',
  'export_truncated',
  'generation_unavailable',
  'issue_invalid',
  'issue_unknown',
  'manifest_mismatch',
  'no_documents',
  'nothing_named',
  'path_unknown',
  'path_unwritable',
  'queries_invalid',
  'queue_payload_too_large',
  'record_mismatch',
  'rows_mismatch',
  'size_mismatch',
  'store_locked',
  'store_unusable',
];

describe('remedyFor', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const table = /<!-- codes:start -->([\s\S]*?)<!-- codes:end -->/.exec(readme)?.[1] ?? '';
  const codes = [...table.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code]) => code ?? '');
  const unknown = remedyFor('no_such_code');

  it('says something of its own for every code that the page can meet', () => {
    expect(codes.length).toBeGreaterThan(40);
    const missing = codes.filter((code) => remedyFor(code) === unknown);
    expect(missing.filter((code) => !ELSEWHERE.includes(code))).toEqual([]);
  });

  it('says in general what to do about any other', () => {
    expect(unknown).toContain('report it');
  });
});
