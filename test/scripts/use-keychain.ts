/** Does ACTS (get, set, delete, inspect) with one item of the keychain and prints each outcome as a line of JSON. */
import { UserError } from '../../src/errors.ts';
import { store } from '../../src/stores/keychain.ts';

const ports = {
  env: process.env,
  configDir: '/nowhere',
  dataDir: '/nowhere',
  platform: process.platform,
  index: async () => [],
};
const opened = store.open(ports);
const acts: Record<string, () => Promise<unknown>> = {
  get: () => opened.get('home/stock/script'),
  set: () => opened.set('home/stock/script', 'value'),
  delete: () => opened.delete('home/stock/script'),
  inspect: () => store.inspect(ports),
};

for (const act of process.argv.slice(2)) {
  try {
    console.log(JSON.stringify({ value: await acts[act]?.() }));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.log(JSON.stringify({ code: error.code, hint: error.hint }));
  }
}
