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
    ['-'.repeat(1_000)],
    ['h2. Acceptance criteria'],
    ['## Acceptance criteria ##'],
    ['bq. Background'],
    ['<describe the problem>'],
    ['{{ insert your steps }}'],
    ['{code:java}'],
    ['<!-- What is wrong? --><!-- Who says so? -->'],
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
    ['what Jira sets in monospace', 'The {{PaymentGateway}} service times out'],
    ['a parameter of a path', 'GET /orders/{orderId}/refund fails, /vouchers/{code} too'],
    ['an element of HTML', 'Remove the <marquee> from the <dialog open> element'],
    ['a comment that never ends', 'a <!-- b'],
    ['a long question', `What is expected of ${'the till '.repeat(40)}?`],
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

  it('leaves the placeholders of a story out', () => {
    expect(withoutStopPhrases('Buy <role> a <feature> of List<role> at /users/<role>')).toBe(
      'Buy a of List<role> at /users/<role>',
    );
  });

  // Expressions that look at every rest of a text again would take minutes for these.
  it.each(['\n', '\r', '.', '- ', '- \n', '[ ] ', '<!--', 'as a ', '#', ' ', 'what is expected ?'])(
    'takes a long text of %j',
    (unit) => {
      const text = `a${unit.repeat(500_000)}b`;
      expect(withoutStopPhrases(text).at(-1)).toBe('b');
    },
  );
});
