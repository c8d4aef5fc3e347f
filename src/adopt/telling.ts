/** No name and no setting that mcpkey writes into its own files tells a key. */
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';

/** Fewer letters may be anywhere. */
const SHORTEST = 6;

const bare = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/** True where a name made of `text` would tell one of the secrets, also in small letters and without its signs. */
export const tells = (secrets: readonly string[], text: string): boolean =>
  secrets.some((secret) => {
    const letters = bare(secret);
    if (text.includes(secret) || text.includes(encodeURIComponent(secret))) return true;
    return letters.length >= SHORTEST && bare(text).includes(letters);
  });

/** A password such as `postgres` is in the names of programs and servers, and is told by none of them. */
export const isTelling = (secret: string): boolean => secret.length >= SHORTEST && !/^[a-z]{1,15}$/i.test(secret);

/** Wherever a name came from. `written`: a profile that is made anew. Throws `unsupported`. */
export function refuseTelling(
  all: readonly string[],
  { names, written }: { names: readonly string[]; written: Profile | undefined },
): void {
  const secrets = all.filter(isTelling);
  if (names.some((name) => tells(secrets, name)))
    throw new UserError('unsupported', 'its name, or that of its profile, would hold a key: give it another name');
  const { mcpUrl = '', command = [], headers = {}, variables = {} } = written ?? {};
  const texts = [mcpUrl, ...command, ...Object.values(headers), ...Object.values(variables)];
  if (texts.some((text) => tells(secrets, text)))
    throw new UserError('unsupported', 'its address, command, headers or variables hold a key in a second place');
}
