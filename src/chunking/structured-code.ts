/** Builds the text of one block of code between fences, its white space kept as it is. */

import { isBlank } from './text-scan';

export class CodeText {
  private readonly parts: string[] = [];
  private isAtLineStart = true;

  constructor(private language: string) {}

  /** Names the language, unless it has one. */
  name(language: string): void {
    if (this.language === '') this.language = language;
  }

  addText(text: string): void {
    if (text === '') return;
    this.parts.push(text);
    this.isAtLineStart = text.endsWith('\n');
  }

  /** Sets what follows apart, unless nothing stands in this line yet. */
  breakBy(separator: '\n' | ' '): void {
    if (!this.isAtLineStart) this.addText(separator);
  }

  /** The code between fences that nothing in it closes; '' when there is none. */
  finish(): string {
    const content = this.parts.join('').replace(/^\n+/, '').trimEnd();
    if (isBlank(content)) return '';
    const fence = '`'.repeat(Math.max(3, longestRun(content, '`') + 1));
    return `${fence}${this.language}\n${content}\n${fence}`;
  }
}

function longestRun(text: string, unit: string): number {
  let longest = 0;
  let run = 0;
  for (const character of text) {
    run = character === unit ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}
