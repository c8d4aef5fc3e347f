/** Takes the lock NAME in DIR, says so, and holds it until stdin ends; then writes what `verify` says. */
import { createLocks } from '../../src/system/locks.ts';

const [dir = '', name = ''] = process.argv.slice(2);
await createLocks({ dir }).with(name, async (lock) => {
  console.log('held');
  await new Promise((done) => process.stdin.on('end', done).resume());
  await lock.verify().then(
    () => console.log('verified'),
    () => console.log('lost'),
  );
});
