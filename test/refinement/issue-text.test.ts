import { describe, expect, it } from 'vitest';
import type { JiraIssue, JsonValue } from '../../src/platform/ports';
import { descriptionText, queryOf } from '../../src/refinement/issue-text';

const issue = (fields: Partial<JiraIssue>): JiraIssue => ({
  ...{ key: 'PAY-7', project: 'PAY', type: 'Story', summary: 'Refund', description: null },
  ...{ labels: [], components: [], ...fields },
});

const paragraph = (text: string) => ({ type: 'paragraph', content: [{ type: 'text', text }] });
const adf = (...content: JsonValue[]) => ({ version: 1, type: 'doc', content });

describe('descriptionText', () => {
  it.each<[string, JsonValue, string]>([
    ['a string, as it is', '  two\nlines ', '  two\nlines '],
    ['null', null, ''],
    ['a number', 7, ''],
    ['a document', adf(paragraph('One.'), paragraph('Two.')), 'One.\n\nTwo.'],
    ['a document without content', adf(), ''],
    ['a document of an empty paragraph', adf({ type: 'paragraph', content: [] }), ''],
    ['a document of a picture', adf({ type: 'mediaSingle', content: [] }), ''],
  ])('%s', (_, description, expected) => {
    expect(
      descriptionText(description)
        .replace(/\n{2,}/g, '\n\n')
        .replace(/\n+$/, ''),
    ).toBe(expected.replace(/\n+$/, ''));
  });

  it('refuses an object that is no document, in words for an item', () => {
    expect(() => descriptionText({ type: 'page' })).toThrow(
      expect.objectContaining({
        code: 'document_adf_invalid',
        message: expect.stringMatching(/^work item: its description .*Correct the description/),
      }),
    );
  });
});

const queryTextOf = (of: JiraIssue) => queryOf(of).text;

describe('the query of an item', () => {
  it('is summary, description and labels, a line each', () => {
    const text = queryTextOf(issue({ description: 'Who approves?', labels: ['a', 'b'] }));
    expect(text).toBe('Refund\nWho approves?\na b');
  });

  it('leaves out what is blank, and the key and type always', () => {
    expect(queryTextOf(issue({ description: ' \n', labels: [] }))).toBe('Refund');
  });

  it('reads a document', () => {
    expect(queryTextOf(issue({ description: adf(paragraph('Who approves?')) }))).toMatch(
      /^Refund\nWho approves\?\s*$/,
    );
  });

  it('takes the first 4,000 characters of a description and never half a character', () => {
    const description = `${'x'.repeat(3_999)}😀${'y'.repeat(100)}`;
    const text = queryTextOf(issue({ description, labels: ['late'] }));
    expect(text.isWellFormed()).toBe(true);
    expect(text).not.toContain('y');
    expect(text.length).toBe('Refund\n'.length + 4_000 + '\nlate'.length);
  });

  it('has its parts with their weights, the summary twice', () => {
    const item = issue({ description: 'Who approves?', labels: ['a', 'b'], components: ['Till'] });
    expect(queryOf(item).parts).toEqual([
      { text: 'Refund', weight: 2 },
      { text: 'Who approves?', weight: 1 },
      { text: 'a b', weight: 1 },
      { text: 'Till', weight: 1 },
    ]);
  });

  it('leaves out what a template put into the description, and keeps what the author wrote', () => {
    const description = [
      '## Background\n\nThe till prints two receipts.\n',
      'As a cashier I want to be able to cancel a receipt so that I can correct it.\n',
      '**Acceptance criteria**\n\n- [ ] Given a printed receipt\n- [ ] Then it shows the reason',
    ].join('\n');
    const { text } = queryOf(issue({ description }));
    expect(text).toContain('The till prints two receipts.');
    expect(text.toLowerCase()).not.toMatch(/background|acceptance|as a |want|so that|given|then/);
    expect(text).toMatch(/cashier +cancel a receipt +correct it/);
    expect(text).toMatch(/a printed receipt[\s\S]*it shows the reason/);
  });
});
