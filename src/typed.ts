/** Commands as a person types them into a POSIX shell. */

/** As it stands where the shell reads it so, else in quotes. */
export const shellWord = (word: string): string =>
  /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A text with a command in it: each word that is filled in is quoted where a shell would part it. */
export function typed(texts: TemplateStringsArray, ...words: readonly (string | readonly string[])[]): string {
  const quoted = words.map((each) => [each].flat().map(shellWord).join(' '));
  return texts.map((text, index) => text + (quoted[index] ?? '')).join('');
}

/** A hint with the names in the place of `PROFILE` and `KEY`; `$KEY` is a variable of the shell. */
export function filled(
  hint: string,
  { profile, ref }: { readonly profile?: string | undefined; readonly ref?: string | undefined },
): string {
  const named = profile === undefined ? hint : hint.replaceAll(/\bPROFILE\b(?!\/)/g, () => shellWord(profile));
  return ref === undefined ? named : named.replaceAll(/(?<![${])\bKEY\b/g, () => shellWord(ref));
}
