import type { TextLeaf } from '../clients/formats/index.ts';

/** Tables of an entry whose values carry credentials. */
const CARRIERS = new Set(['headers', 'env']);
const NAME = /authori[sz]ation|cookie|token|secret|passw|api[-_]?key|credential|^x-[\w-]*key$/i;
/** A reference to a variable, behind a scheme or not. */
const REFERENCE = /^(?:[A-Za-z]+ )?(?:\$\{[^}]*\}|\$\w+|\{(?:env|file):[^}]*\})$/;
/** Ours name a file or a place, no secret. */
const OWN = /^MCPKEY_/;

/** True where a secret stands in clear: in a header or variable that carries credentials, and no reference. */
export function isClearSecret({ path, value }: TextLeaf): boolean {
  const name = path.at(-1) ?? '';
  if (!CARRIERS.has(path.at(-2) ?? '') || !NAME.test(name)) return false;
  return value !== '' && !REFERENCE.test(value) && !OWN.test(name);
}
