/** Someone at a terminal who types the lines of a page, answers what is asked, and does in dashboards what is told. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { createMachine, type Machine } from '../cli/machine.ts';
import { program } from '../helpers/cli.ts';
import { ENTER, shellTerminal, type Terminal } from '../helpers/terminal.ts';
import type { Sandbox, ServiceId } from '../sandbox/index.ts';

export interface Desk {
  readonly machine: Machine;
  /** Where the lines are typed. */
  readonly work: string;
  /** Types one line, stays with it to its end, and fails where it fails. Resolves to what stood on the terminal. */
  type(line: string): Promise<string>;
  /** Puts a program on PATH: lines for `sh`. */
  put(name: string, lines: string): Promise<void>;
}

/** `service` has the dashboard where keys are made and revoked by hand. */
export async function sitDown(sandbox: Sandbox, service: ServiceId, env: Record<string, string> = {}): Promise<Desk> {
  const machine = await createMachine(env);
  const work = join(machine.home.root, 'work');
  const bin = join(machine.home.root, 'bin');
  await mkdir(work);
  const put: Desk['put'] = async (name, lines) =>
    chmod(await machine.home.write(join(bin, name), `#!/bin/sh\n${lines}\n`), 0o755);
  await put('mcpkey', `exec '${process.execPath}' '${program()}' "$@"`);
  const path = { PATH: `${bin}:${machine.home.env.PATH}` };
  return {
    machine,
    work,
    put,
    async type(line) {
      const screen = shellTerminal(line, { env: { ...machine.home.env, ...path }, cwd: work, columns: 1_000 });
      const code = await attend(screen, answersOf(sandbox, service));
      expect(code, `${line}\n${screen.text}`).toBe(0);
      return screen.text;
    },
  };
}

interface Answer {
  readonly when: RegExp;
  does(found: RegExpExecArray, screen: Terminal): unknown;
}

/** ms after which a line that neither ends nor asks is given up. */
const PATIENCE = 60_000;

/** Answers each question once, however often it is drawn. */
async function attend(screen: Terminal, answers: readonly Answer[]): Promise<number | undefined> {
  const answered = new Set<string>();
  let code: number | undefined;
  void screen.ended.then((ended) => {
    code = ended;
  });
  for (const end = Date.now() + PATIENCE; code === undefined && Date.now() < end; await sleep(20)) {
    const asked = answers.flatMap(({ when, does }) =>
      [...screen.text.matchAll(when)].map((found) => ({ found, question: found[0], does })),
    );
    for (const { found, question, does } of asked.filter((each) => !answered.has(each.question))) {
      if (answered.has(question)) continue;
      answered.add(question);
      await does(found, screen);
    }
  }
  return code;
}

function answersOf(sandbox: Sandbox, service: ServiceId): readonly Answer[] {
  const { email, password } = sandbox.person;
  const dashboard = () => {
    const site = sandbox.service(service);
    if (!('dashboard' in site)) throw new Error(`${service} has no dashboard`);
    return site.dashboard;
  };
  const typing =
    (text: () => string): Answer['does'] =>
    (_found, screen) =>
      screen.type(`${text()}${ENTER}`);
  return [
    { when: /\? E-mail at/g, does: typing(() => email) },
    { when: /\? Password \(/g, does: typing(() => password) },
    { when: /\? Paste the key/g, does: typing(() => dashboard().create({ name: 'by hand' }).secret) },
    { when: /\? [^\n]*?\(y\/N\)/g, does: typing(() => 'y') },
    { when: /https?:\/\/\S+user_code=\S+/g, does: ([url]) => sandbox.issuer.approveDevice(url) },
    { when: /Find the key "[^"]+" \(id ([\w-]+)\)/g, does: ([, id = '']) => dashboard().revoke(id) },
  ];
}
