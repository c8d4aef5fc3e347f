/** A config file as it may be shown: what is or may be a secret is masked, ours and the neighbours'. */
import { type EntryPlace, readTexts, type TextLeaf } from '../clients/formats/index.ts';
import { CARRIED } from './carried.ts';
import { clearTexts } from './clear.ts';

/** Tables whose values carry credentials. */
const CARRIERS = new Set(['headers', 'http_headers', 'env', 'environment', 'envs', 'requestInit', 'requestOptions']);
const CREDENTIAL_NAME = /authori[sz]ation|cookie|token|secret|passw|api[-_]?key|credential|private|account|email/i;
/** A reference to a variable or file, in any client's syntax, behind a scheme or not. */
const REFERENCE = /^(?:[A-Za-z]+ )?(?:\$\{\{?[^}]*\}?\}|\$\w+|\{(?:env|file):[^}]*\})$/;

/** Fields, or tables of fields, whose values are names of variables. */
const NAMING = /^(?:env_http_headers|env_vars|env_keys|\w*_env(?:_var)?|\w*Env(?:Var)?)$/;

/** Masks in the texts of one file before and after, so that equal secrets look equal and others do not. */
export function createMask(): (bytes: Buffer, place: EntryPlace) => Promise<string> {
  const seen = new Map<string, string>();
  const maskOf = (value: string) => {
    const known = seen.get(value);
    if (known) return known;
    const mask = seen.size === 0 ? '[secret]' : `[secret ${seen.size + 1}]`;
    seen.set(value, mask);
    return mask;
  };
  return async (bytes, place) => {
    const { text, leaves } = await readTexts(bytes, place);
    let masked = '';
    let at = 0;
    const clear = clearTexts(leaves);
    for (const leaf of leaves.filter((each) => isSensitive(each, clear))) {
      masked += `${text.slice(at, leaf.start)}"${maskOf(leaf.value)}"`;
      at = leaf.end;
    }
    return masked + text.slice(at);
  };
}

function isSensitive(leaf: TextLeaf, clear: ReadonlySet<TextLeaf>): boolean {
  const { path, value } = leaf;
  const name = path.at(-1) ?? '';
  if (value === '' || REFERENCE.test(value) || CARRIED.has(name)) return false;
  if (path.slice(-2).some((key) => NAMING.test(key)) && /^[A-Z_][A-Z0-9_]*$/.test(value)) return false;
  if (clear.has(leaf)) return true;
  return path.slice(0, -1).some((key) => CARRIERS.has(key)) || CREDENTIAL_NAME.test(name) || looksSecret(value);
}

/** Long runs of letters and digits that no path, address or sentence has. */
function looksSecret(value: string): boolean {
  return value.split(/[\s=&?,;:/\\"'@]+/).some((word) => {
    const mixed = /[0-9]/.test(word) && /[A-Za-z]/.test(word);
    return (
      (mixed && word.length >= 20) || /^(?:sk|pk|rk|gh[a-z]|xox[a-z]|glpat|github|eyJ)[-_.A-Za-z0-9]{10,}$/.test(word)
    );
  });
}
