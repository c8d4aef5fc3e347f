import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { emptyFolder } from '../helpers/folder.ts';
import { hasPrograms } from '../helpers/programs.ts';
import { type Native, startNative } from '../sandbox/native.ts';
import { KEY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const identityOf = ({ home }: Machine): string => readFileSync(home.env.MCPKEY_AGE_IDENTITY ?? '', 'utf8').trim();

describe.runIf(hasPrograms('git', 'age'))('a folder of age files that a team shares in git', () => {
  let native: Native;
  let ann: Machine;
  let bob: Machine;
  let origin: string;
  const folder = ({ home }: Machine): string => join(home.dir, 'keys');
  const git = (machine: Machine, ...words: string[]): string => {
    const name = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
    return execFileSync('git', [...name, ...words], {
      cwd: folder(machine),
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
  };
  const share = (machine: Machine, message: string): void => {
    git(machine, 'add', '--all');
    git(machine, 'commit', '--quiet', '--message', message);
    git(machine, 'push', '--quiet', 'origin', 'HEAD');
  };
  beforeAll(async () => {
    native = await startNative();
    origin = await emptyFolder();
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', origin]);
    const machine = async (name: string) => {
      const made = await createMachine({ MCPKEY_TOKEN: native.token, MCPKEY_MACHINE: name });
      const file = await made.home.write('acme-rolls.json', JSON.stringify(native.manifest));
      execFileSync('git', ['clone', '--quiet', origin, folder(made)], { stdio: 'ignore' });
      await made.run(['provider', 'add', file, '--yes']);
      await made.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'acme']);
      return made;
    };
    [ann, bob] = await Promise.all([machine('ann'), machine('bob')]);
  });
  afterAll(() => native.close());

  it('has each key’s secret, for every member, and its record beside it', async () => {
    const old = await ann.json(KEY, ['create', 'before']);
    expect(old.ref).toBe('acme/before');
    await ann.run(['store', 'use', 'age', '--dir', folder(ann)]);
    expect((await ann.run(['get', 'acme/before'])).code).toBe(0);
    const recipients = await Promise.all([ann, bob].map((each) => identityToRecipient(identityOf(each))));
    writeFileSync(join(folder(ann), '.age-recipients'), `${recipients.join('\n')}\n`);
    await ann.run(['create', 'ci']);
    await ann.run(['store', 'migrate', '--to', 'age']);
    const files = readdirSync(join(folder(ann), 'shared/acme')).sort();
    expect(files.filter((name) => name.endsWith('.json'))).toEqual(['before.json', 'ci.json']);
    expect(files.filter((name) => name.endsWith('.age'))).toHaveLength(2);
    share(ann, 'Keys');

    git(bob, 'pull', '--quiet');
    await bob.run(['store', 'use', 'age', '--dir', folder(bob)]);
    for (const name of ['ci', 'before']) {
      const value =
        native
          .living()
          .find((key) => key.name.startsWith(name))
          ?.secrets.at(-1)?.value ?? '';
      expect((await bob.run(['get', `acme/${name}`])).stdout).toBe(`${value}\n`);
      const { secret } = JSON.parse(readFileSync(join(folder(bob), `shared/acme/${name}.json`), 'utf8'));
      const file = join(folder(bob), 'shared/acme', `${secret}.age`);
      const identity = bob.home.env.MCPKEY_AGE_IDENTITY ?? '';
      expect(execFileSync('age', ['-d', '-i', identity, file]).toString()).toBe(value);
    }
    const listed = await bob.json(z.array(KEY), ['list', '--local']);
    expect(listed.map(({ ref, stored }) => [ref, stored])).toEqual([
      ['acme/before', true],
      ['acme/ci', true],
    ]);
  });

  it('holds no login, no journal and no lock', async () => {
    const names = readdirSync(folder(ann), { recursive: true }).map(String);
    expect(names.filter((name) => /login|lock|jsonl/.test(name) && !name.startsWith('.git'))).toEqual([]);
  });

  it('that was changed on two sides is a conflict, until someone chooses', async () => {
    await ann.run(['rotate', 'acme/ci']);
    share(ann, 'Rotated by Ann');
    await bob.run(['import', 'ci2', '--stdin'], { input: native.make('ci2') });
    const record = join(folder(bob), 'shared/acme/ci.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace('"status": "active"', '"status": "unknown"'));
    git(bob, 'add', '--all');
    git(bob, 'commit', '--quiet', '--message', 'Changed by Bob');
    const text = readFileSync(record, 'utf8').replace(/"id": "[^"]*"/, '"id": "r99"');
    writeFileSync(record, text);
    git(bob, 'commit', '--quiet', '--all', '--message', 'And again');
    expect(() => git(bob, 'pull', '--quiet', '--no-rebase')).toThrow();
    const refused = await bob.fails(['list', '--local']);
    expect(refused).toMatchObject({ code: 'conflict', message: expect.stringContaining('ci.json') });
    expect(refused.message).toContain('two sides');
    git(bob, 'checkout', '--quiet', '--theirs', 'shared/acme/ci.json');
    expect((await bob.run(['get', 'acme/ci'])).stdout).toContain('roll_');
  });
});
