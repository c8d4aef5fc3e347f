/** Names as the service has them, with the mark of the operation that made the key. */
import { UserError } from '../errors.ts';
import type { Manifest } from './manifest.ts';

/** Where the mark lies in a service's metadata. */
export const MARK_FIELD = 'mcpkey';

const MARKED = /^(.+)-mk([0-9a-f]{8})$/s;

/** `ci` → `ci-mk3f9a2c1d`. Throws `usage` where that passes the service's limit. */
export function markLabel(manifest: Pick<Manifest, 'title' | 'key'>, name: string, mark: string): string {
  const label = manifest.key.mark === 'name' ? `${name}-mk${mark}` : name;
  const limit = manifest.key.nameLimit;
  const length = [...label].length;
  if (limit !== undefined && length > limit) {
    const room = limit - (length - [...name].length);
    throw new UserError('usage', `The name is too long for ${manifest.title}: at most ${room} characters.`, {
      hint: 'Choose a shorter name.',
    });
  }
  return label;
}

/** The name without the mark, and the mark. A key made elsewhere keeps its label as name. */
export function readLabel(manifest: Pick<Manifest, 'key'>, label: string): { name: string; mark: string | undefined } {
  const [, name, mark] = manifest.key.mark === 'name' ? (MARKED.exec(label) ?? []) : [];
  return name === undefined ? { name: label, mark: undefined } : { name, mark };
}
