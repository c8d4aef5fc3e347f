import { UserError } from '../errors.ts';
import type { Provider } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import type { Guide } from './guide.ts';

/** How often a person is asked for a key that has the wrong form. */
const TRIES = 3;

/** A key of this provider's form, asked for again where someone is there to correct it. Throws `usage`. */
export async function takeKey(provider: Pick<Provider, 'checkForm'>, guide: Guide): Promise<Secret> {
  for (let left = guide.attended ? TRIES : 1; ; left -= 1) {
    const value = await guide.takeSecret();
    try {
      provider.checkForm(value);
      return value;
    } catch (error) {
      if (!(error instanceof UserError) || left <= 1) throw error;
      guide.warn(error.message);
    }
  }
}
