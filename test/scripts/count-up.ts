/** Adds one to the number in FILE, TIMES times, each time under a lock in DIR. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createLocks } from '../../src/system/locks.ts';

const [dir = '', file = '', times = ''] = process.argv.slice(2);
const locks = createLocks({ dir });
for (let count = 0; count < Number(times); count += 1) {
  await locks.with('counter', async () => {
    const before = Number(readFileSync(file, 'utf8'));
    await new Promise((done) => setImmediate(done));
    writeFileSync(file, String(before + 1));
  });
}
