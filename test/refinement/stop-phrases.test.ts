import { describe, expect, it } from 'vitest';
import { withoutStopPhrases } from '../../src/refinement/stop-phrases';

describe('what templates put into an item', () => {
  it.each([
    ['## Acceptance Criteria'],
    ['**Steps to reproduce:**'],
    ['*Definition of Done*'],
    ['3. Expected behaviour'],
    ['h3. Background'.replace('h3. ', '### ')],
    ['- [ ] TBD'],
    ['Out of scope:'],
    ['> Environment'],
    ['_Please describe what you expected to see._'],
    ['Please fill in the fields below'],
    ['Add any other context about the problem here.'],
    ['What did you expect to happen?'],
    ['<!-- Delete what does not apply -->'],
    ['---'],
  ])('is left out: %s', (line) => {
    expect(withoutStopPhrases(`Before.\n${line}\nAfter.`).replace(/\s+/g, ' ')).toBe(
      'Before. After.',
    );
  });

  it.each([
    ['a sentence with such a word', 'The acceptance criteria of the bank have changed.'],
    ['a heading of its own', '## Rollback of the till'],
    ['a story about environments', 'Two environments share one key.'],
    ['a list item', '- Steps must be logged'],
    ['a table', '| Scope | Owner |'],
    ['a word in another language', 'Hintergrund: Kasse druckt doppelt'],
    ['a comparison', 'If a < b then fail'],
    ['nothing', ''],
  ])('keeps %s', (_, text) => {
    expect(withoutStopPhrases(text)).toBe(text);
  });

  it('keeps who, what and why of a user story', () => {
    const words = (text: string) => withoutStopPhrases(text).replace(/\s+/g, ' ');
    expect(words('As a cashier, I want to cancel a receipt so that I can correct it.')).toBe(
      'cashier, cancel a receipt correct it.',
    );
    expect(words('As an on-call engineer I need alerts in order that we can sleep.')).toBe(
      'on-call engineer alerts sleep.',
    );
  });

  it('keeps what the steps of a scenario say', () => {
    const scenario = 'Given a printed receipt\nWhen the cashier cancels it\n* Then it is marked';
    expect(withoutStopPhrases(scenario)).toBe(
      'a printed receipt\nthe cashier cancels it\n* it is marked',
    );
  });
});
