import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/terms';

describe('terms of a text', () => {
  it.each([
    ['words of English by their stems', 'Releasing released RELEASES', 'releas releas releas'],
    ['what a text repeats, repeated', 'rollback, rollback!', 'rollback rollback'],
    ['no words that every text has', "It's not the wiki that they'll have been", 'wiki'],
    [
      'nor any of one letter that says nothing',
      'a vitamin C, user(s), don`t',
      'vitamin c user don',
    ],
    ['words that only look like them without apostrophe', 'shell id well', 'shell id well'],
    ['a possessive as its word', 'the team’s customer’s', 'team custom'],
    ['the same with either apostrophe', "l'or l’or", 'lor lor'],
    ['accents folded, before stems are taken', 'Cafés, naïve résumés', 'cafe naiv resum'],
    ['other languages as they stand', 'Größe изменений', 'gross изменении'],
    ['ß as the letters it stands for', 'Straße STRASSE STRAẞE', 'strass strass strass'],
    [
      'a word behind an elided article, and both',
      "l'équipe dell’ordine",
      'equip lequip ordin dellordin',
    ],
    ['the same of English', "O'Brien's o'clock", 'brien obrien clock oclock'],
    ['the ends of English words not on their own', "that'll ain't gov't", 'thatll aint govt'],
    ['an apostrophe that is a letter whole', "комп'ютер", 'компютер'],
    ['a word whole that signs divide unseen', 'do\u00adcu\u200bm\u2060ent', 'document'],
    ['vowel signs, which are no accents', 'किताब', 'किताब'],
    ['vowel points left out', 'مَدْرَسَة שָׁלוֹם', 'مدرسة שלום'],
    ['letters of Hangul whole', '배포 절차', '배포 절차'],
    ['numbers, and letters beside them', 'HTTP 404, v2 ２０２４', 'http 404 v2 2024'],
    ['identifiers in parts and whole', 'parseHTTPHeader', 'pars http header parsehttphead'],
    ['parts that a sign divides', 'snake_case kebab-case', 'snake case kebab case'],
    ['capitals alone as one', 'SLA README', 'sla readm'],
    ['scripts without spaces in pairs', '本番環境', '本番 番環 環境'],
    ['pairs across their scripts', 'データの', 'デー ータ タの'],
    ['a single character as it is', '木', '木'],
    ['narrow and wide forms alike', 'ﾃﾞｰﾀ', 'デー ータ'],
    ['words of English among them', 'Kubernetesを2回rollsする', 'kubernet を 2 回 roll する'],
    ['Thai in pairs', 'ระบบ', 'ระ ะบ บบ'],
    ['a link without its target', '[runbook](ops/paging.md)', 'runbook'],
    ['a link with a title', '[runbook](ops/paging.md "Paging")', 'runbook page'],
    ['no URL', 'see https://wiki.example.org/x?y=1 now', 'see now'],
    ['what follows a URL without a space', 'https://example.org/aを参照', 'を参 参照'],
    ['no encoded data', `${'a'.repeat(41)} ${'b'.repeat(40)}`, 'b'.repeat(40)],
    ['nothing of nothing', ' \n—…🚀', ''],
  ])('are %s', (_, text, expected) => {
    expect(analyze(text).join(' ')).toBe(expected);
  });

  it('are never empty, never with a space, and the same whatever form the text is in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const terms = analyze(text);
        expect(terms.filter((term) => term === '' || /\s/.test(term))).toEqual([]);
        expect(analyze(text.normalize('NFD'))).toEqual(terms);
      }),
    );
  });
});
