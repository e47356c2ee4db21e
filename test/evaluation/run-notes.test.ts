import { describe, expect, it } from 'vitest';
import { expectComparable, notesOfRun, type RunNote } from '../../src/evaluation/run-notes';

const note = (kind: RunNote['kind'], library: string, message = 'm'): RunNote => ({
  ...{ kind, library, message },
});

describe('the notes of a run', () => {
  const searches = [
    { notes: [note('words_only', 'a', 'first'), note('provider_failed', 'b')] },
    { notes: [note('words_only', 'a', 'second'), note('words_only', 'b')] },
  ];

  it('are each kind once for a library', () => {
    expect(notesOfRun(searches, { signals: 'both' })).toEqual([
      note('words_only', 'a', 'first'),
      note('provider_failed', 'b'),
      note('words_only', 'b'),
    ]);
  });

  it('do not say what the setting asked for', () => {
    const notes = notesOfRun(searches, { signals: 'words' });
    expect(notes).toEqual([note('provider_failed', 'b')]);
  });
});

describe('a comparison', () => {
  it('takes a run whose provider answered, and refuses one whose provider failed', () => {
    expect(() => expectComparable('x', [note('words_only', 'a')])).not.toThrow();
    const failed = [note('words_only', 'a'), note('provider_failed', 'b', 'b: no key')];
    expect(() => expectComparable('the default', failed)).toThrow(
      expect.objectContaining({
        code: 'run_incomparable',
        message: expect.stringMatching(/the default.*b: no key.*run both again/),
      }),
    );
  });
});
