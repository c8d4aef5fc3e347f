import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { homeFolder } from '../../src/system/home.ts';
import { createHome, mcpkey } from '../helpers/cli.ts';

describe('the home folder', () => {
  it('is the one that the environment names, on Windows by another name', () => {
    expect(homeFolder({ HOME: '/home/ann', USERPROFILE: 'C:\\Users\\ann' }, 'linux')).toBe('/home/ann');
    expect(homeFolder({ HOME: '/home/ann', USERPROFILE: 'C:\\Users\\ann' }, 'win32')).toBe('C:\\Users\\ann');
  });

  it('is the account’s where HOME is empty', async () => {
    const home = await createHome();
    const { code, stdout, stderr } = await mcpkey(['clients', '--json'], { home, env: { HOME: '' } });
    expect(code, stderr).toBe(0);
    const paths: string[] = JSON.parse(stdout).flatMap(({ files }: { files: { scope: string; path: string }[] }) =>
      files.flatMap(({ scope, path }) => (scope === 'user' ? [path] : [])),
    );
    expect(paths).toContain(`${userInfo().homedir}/.cursor/mcp.json`);
    expect(paths.filter((path) => !path.startsWith('/'))).toEqual([]);
  });

  it('is refused where HOME is no full path', async () => {
    const home = await createHome();
    const { code, stdout, stderr } = await mcpkey(['clients', '--json'], { home, env: { HOME: 'home/ann' } });
    expect([code, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'usage',
      message: 'HOME is "home/ann", which is no full path of a folder.',
      hint: 'Set HOME to the full path of your home folder.',
    });
  });
});
