/** What libraries and documents may be called. Names are shown and cited; no key holds them. */

/** Whether a name has 1 to `charactersMax` UTF-16 units, all printable. */
export function isPrintableName(name: string, charactersMax: number): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused.
  const isPrintable = name.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(name);
  return isPrintable && name.trim() !== '' && name.length <= charactersMax;
}
