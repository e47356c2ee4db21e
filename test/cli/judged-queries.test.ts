import { describe, expect, it } from 'vitest';
import { parseJudgedQueries, queryOf } from '../../cli/judged-queries';

describe('judged queries', () => {
  const line = (fields: object) => JSON.stringify({ id: 'q', relevant: [], ...fields });

  it('name an issue or a query; a passage is required unless it says otherwise', () => {
    const issue = { key: 'PAY-7', summary: 'Refund' };
    const relevant = [{ file: 'a.md' }, { file: 'b.md', quote: 'x', grade: 1 }];
    const text = `${line({ issue, notes: 'for people' })}\n\n${line({ query: 'refund', relevant })}\n`;
    const [first, second, ...rest] = parseJudgedQueries('q.jsonl', text);
    expect(first?.issue).toMatchObject({ type: 'Task', summary: 'Refund', labels: [] });
    expect(second).toEqual({
      ...{ id: 'q', query: 'refund' },
      relevant: [
        { document: 'a.md', grade: 2 },
        { document: 'b.md', quote: 'x', grade: 1 },
      ],
    });
    expect(rest).toEqual([]);
    expect([first, second].map((query) => query && queryOf(query).text)).toEqual([
      'Refund',
      'refund',
    ]);
  });

  it('may begin with a byte order mark', () => {
    const marked = `\ufeff${line({ query: 'refund' })}`;
    expect(parseJudgedQueries('q.jsonl', marked)).toMatchObject([{ query: 'refund' }]);
  });

  it.each([
    ['no line', '\n \n', 'q.jsonl: no query'],
    ['a line that is not JSON', `${line({ query: 'x' })}\n{`, 'line 2: not JSON'],
    ['neither issue nor query', line({}), 'line 1: one of issue and query'],
    ['both', line({ query: 'x', issue: { key: 'A-1', summary: 'x' } }), 'one of issue and query'],
    ['a grade of 3', line({ query: 'x', relevant: [{ file: 'a', grade: 3 }] }), 'relevant.0.grade'],
    ['a passage without a file', line({ query: 'x', relevant: [{}] }), 'relevant.0.file'],
  ])('%s is refused with its place', (_, text, words) => {
    expect(() => parseJudgedQueries('q.jsonl', text)).toThrow(
      expect.objectContaining({ code: 'queries_invalid', message: expect.stringContaining(words) }),
    );
  });
});
