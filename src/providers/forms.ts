/** The form of a key: a pattern, and what of it may be shown. */
import { UserError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Manifest } from './manifest.ts';
import type { ProviderSettings } from './types.ts';

/** Characters beyond the literal prefix that `prefix` shows. */
const SHOWN = 4;

/** Throws `usage` where `value` is no key of this provider. Names the form, never the value. */
export function checkForm(manifest: Manifest, settings: ProviderSettings, value: Secret): void {
  const pattern = settings.keyPattern ?? manifest.key.pattern;
  if (new RegExp(`^(?:${pattern})$`).test(value.reveal())) return;
  const form = settings.keyPattern ? `the pattern ${pattern}` : (manifest.key.form ?? `the pattern ${pattern}`);
  throw new UserError('usage', `This is no key of ${manifest.title}: its form is ${form}.`, {
    provider: manifest.id,
    hint: 'Copy the whole key, without blanks or quotes around it.',
  });
}

/** The literal prefix and four characters; fewer of a key so short that four would tell much of it. */
export function displayPrefix(manifest: Pick<Manifest, 'key'>, value: Secret): string {
  const text = value.reveal();
  const { prefix } = manifest.key;
  const start = text.startsWith(prefix) ? prefix.length : 0;
  return text.slice(0, start + Math.min(SHOWN, Math.floor((text.length - start) / 4)));
}
