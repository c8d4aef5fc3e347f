/** The forms of known providers' keys, to find them wherever they stand. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { ProviderEntry } from '../providers/types.ts';

export interface KeyForm {
  /** Id of the provider. */
  readonly provider: string;
  /** What every key of it begins with; never empty. */
  readonly prefix: string;
  readonly pattern: RegExp;
}

/** Beyond the prefix, where no name says that a credential stands there: fewer may be a word. */
const SHORTEST = 16;

/** Providers whose keys begin with nothing of their own cannot be told from other texts. */
export async function keyForms(context: Pick<Context, 'providers'>): Promise<readonly KeyForm[]> {
  try {
    return (await context.providers()).flatMap(formOf);
  } catch (error) {
    // A broken plugin must not hide what stands under a credential's name.
    if (error instanceof UserError) return [];
    throw error;
  }
}

function formOf({ id, manifest: { key } }: ProviderEntry): readonly KeyForm[] {
  if (key.prefix.length < 2) return [];
  try {
    return [{ provider: id, prefix: key.prefix, pattern: new RegExp(`^(?:${key.pattern})$`) }];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** The form that fits the whole of `value`; the longest prefix where several do. */
export function formFor(forms: readonly KeyForm[], value: string): KeyForm | undefined {
  const fits = forms.filter(({ prefix, pattern }) => value.startsWith(prefix) && pattern.test(value));
  return fits.sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** Keys of well-known services that no provider here describes: one prefix, then letters and digits alone. */
const WELL_KNOWN =
  /^(?:sk-(?:ant-|proj-|or-v1-)?|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|npm_|pypi-|hf_|AIza|ya29\.|AKIA|SG\.|rk_live_|sk_live_|dop_v1_|lin_api_|ntn_|secret_|fc-|tvly-|BSA)[A-Za-z0-9_.-]{16,}$/;

/** Parts of `text` that have the form of a key, whatever they stand under. */
export function keysIn(
  forms: readonly KeyForm[],
  text: string,
): readonly { readonly value: string; readonly form: KeyForm | undefined }[] {
  return text.split(/[\s"'`=&?,;:/\\@()[\]{}<>|]+/).flatMap((value) => {
    const form = formFor(forms, value);
    const rest = value.slice(form?.prefix.length ?? 0);
    const isKey = form ? rest.length >= SHORTEST && /\d/.test(rest) : WELL_KNOWN.test(value) && /\d/.test(value);
    return isKey ? [{ value, form }] : [];
  });
}
