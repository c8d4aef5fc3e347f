/** Places a key into a client under NAME, TIMES times in two modes by turns, now and then takes it out, and leaves it placed. */
import { createIo } from '../../src/io/create.ts';
import { resolveCredential } from '../../src/keys/credential.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { unplaceFrom } from '../../src/placement/unplace.ts';
import { createContext } from '../../src/setup.ts';

const [ref = '', client = '', name = '', times = ''] = process.argv.slice(2);
const { stdin, stdout, stderr, env } = process;
const signal = new AbortController().signal;
const flags = { json: false, quiet: false, verbose: false, noInput: true, yes: true };
const io = await createIo({ stdin, stdout, stderr, env, signal, ...flags, noColor: true });
const options = { ...flags, profile: undefined, store: undefined, timeout: undefined, maxWait: undefined };
const context = createContext({ env, io, options, signal, cwd: process.cwd() });
const place = async (mode: 'proxy' | 'env') =>
  placeCredential(context, await resolveCredential(context, ref), [client], { name, mode });
process.stdout.write('ready\n');
for (let count = 0; count < Number(times); count += 1) {
  await place(count % 2 === 0 ? 'env' : 'proxy');
  if (count % 10 === 0) await unplaceFrom(context, ref, [client], { name });
}
