/**
 * Loaded into the program before it starts (`node --import`): ends it by SIGKILL at the n-th touch of the disk below a
 * folder, as a power cut would. Nothing in the program knows of it.
 *
 *     MCPKEY_TEST_DIE_AT=12                 right before the twelfth touch
 *     MCPKEY_TEST_DIE_UNDER=/a:/b           only what lies in these folders counts
 *     MCPKEY_TEST_DIE_HOW=torn              half of what was to be written there is written
 *     MCPKEY_TEST_DIE_HOW=full              it does not die: from there on the disk is full, though files can go
 *     MCPKEY_TEST_DIE_HOW=readonly          it does not die: from there on nothing can be changed
 *     MCPKEY_TEST_DIE_SYNC=1                flushing what was written is a touch of its own
 *     MCPKEY_TEST_DIE_EACH=1                and so is every other call that changes the disk: a file or folder that is
 *                                           made, a link, rights
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env.MCPKEY_TEST_DIE_AT ?? 0);
const under = (process.env.MCPKEY_TEST_DIE_UNDER ?? '').split(':').filter((path) => path !== '');
const how = process.env.MCPKEY_TEST_DIE_HOW ?? 'clean';
const lives = how === 'full' || how === 'readonly';
const syncs = process.env.MCPKEY_TEST_DIE_SYNC === '1';
const each = process.env.MCPKEY_TEST_DIE_EACH === '1';
/** Where each open handle lies. */
const paths = new WeakMap();
let touches = 0;

const counts = (path) => typeof path === 'string' && under.some((folder) => path.startsWith(folder));

/** Returns, throws, or ends the process. `half` writes the beginning of what was to be written. */
function touch(path, half) {
  if (!counts(path)) return;
  touches += 1;
  if (how === 'full' && touches >= at && half) {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, path });
  }
  if (how === 'readonly' && touches >= at) {
    throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS', errno: -30, path });
  }
  if (touches !== at || lives) return;
  if (how === 'torn') half?.();
  process.kill(process.pid, 'SIGKILL');
  // The signal may need a moment; nothing more happens in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
}

/** On a disk that is read-only it fails to open a file for writing; else only what is written to it is a touch, or each call. */
function opens(path, flags) {
  if ((each || how === 'readonly') && /[wa+]/.test(String(flags ?? 'r'))) touch(path);
}

const halfOf = (data) => {
  const bytes = Buffer.from(data);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
};

const { openSync, writeFileSync, writeSync } = fs;
/** Half of `data` to an open file or a path. */
const writeHalf = (to, data) =>
  typeof to === 'number' ? writeSync(to, halfOf(data)) : writeFileSync(to, halfOf(data));

for (const name of ['rename', 'unlink', 'rm', 'truncate']) {
  for (const [owner, word] of [
    [fs.promises, name],
    [fs, `${name}Sync`],
  ]) {
    const original = owner[word];
    owner[word] = (...args) => {
      touch(name === 'rename' ? args[1] : args[0]);
      return original(...args);
    };
  }
}

for (const name of each ? ['mkdir', 'rmdir', 'link', 'symlink', 'chmod'] : []) {
  for (const [owner, word] of [
    [fs.promises, name],
    [fs, `${name}Sync`],
  ]) {
    const original = owner[word];
    owner[word] = (...args) => {
      touch(name.endsWith('link') ? args[1] : args[0]);
      return original(...args);
    };
  }
}

/** Where each open file lies, by its number. */
const opened = new Map();
for (const word of each ? ['fchmodSync', 'ftruncateSync'] : []) {
  const original = fs[word];
  fs[word] = (file, ...rest) => {
    touch(opened.get(file));
    return original(file, ...rest);
  };
}
fs.openSync = (path, ...rest) => {
  opens(path, rest[0]);
  const file = openSync(path, ...rest);
  opened.set(file, path);
  return file;
};
fs.writeFileSync = (to, data, options) => {
  touch(typeof to === 'number' ? opened.get(to) : to, () => writeHalf(to, data));
  return writeFileSync(to, data, options);
};
const { fsync, open: openLater } = fs;
fs.open = (path, flags, mode, done) => {
  try {
    opens(path, flags);
  } catch (error) {
    process.nextTick(done, error);
    return;
  }
  openLater(path, flags, mode, (error, file) => {
    if (!error) opened.set(file, path);
    done(error, file);
  });
};
fs.fsync = (file, done) => {
  if (syncs) touch(opened.get(file));
  return fsync(file, done);
};

const { writeFile, open } = fs.promises;
fs.promises.writeFile = async (path, data, options) => {
  touch(path, () => writeHalf(path, data));
  return writeFile(path, data, options);
};
fs.promises.open = async (path, ...rest) => {
  opens(path, rest[0]);
  const handle = await open(path, ...rest);
  paths.set(handle, path);
  return handle;
};

const sample = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(sample);
await sample.close();
for (const name of ['appendFile', 'writeFile']) {
  const original = prototype[name];
  prototype[name] = async function write(data, ...rest) {
    touch(paths.get(this), () => writeHalf(this.fd, data));
    return original.call(this, data, ...rest);
  };
}
const { sync } = prototype;
prototype.sync = function flush() {
  if (syncs) touch(paths.get(this));
  return sync.call(this);
};
syncBuiltinESMExports();
