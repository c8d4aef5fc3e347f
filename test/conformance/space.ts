import { describe, expect, it } from 'vitest';
import type { SharedSpace } from '../../src/stores/types.ts';

/** What every space that machines share does. `open` gives another machine's view of the same space each time. */
export function spaceConformance(name: string, open: () => SharedSpace | Promise<SharedSpace>): void {
  let count = 0;
  const fresh = (word: string) => {
    count += 1;
    return `${word}-${count}-${process.pid}`;
  };
  const two = async () => [await open(), await open()] as const;

  describe(`${name} as a shared space`, () => {
    it('shows one machine what another wrote, byte for byte', async () => {
      const [one, other] = await two();
      const folder = fresh('keys');
      const text = '{"name":"clé 🔑",\n"x":1}\n';
      const version = await one.put(`${folder}/stock/ci`, text, undefined);
      expect(version).toEqual(expect.any(String));
      expect(await other.get(`${folder}/stock/ci`)).toEqual({ name: `${folder}/stock/ci`, text, version });
      expect(await other.get(`${folder}/stock`)).toBeUndefined();
      expect(await other.get(`${folder}/stock/c`)).toBeUndefined();
    });

    it('writes only over what was read', async () => {
      const [one, other] = await two();
      const key = `${fresh('keys')}/a`;
      const first = await one.put(key, 'one', undefined);
      expect(await other.put(key, 'two', undefined)).toBeUndefined();
      const second = await other.put(key, 'two', first);
      expect(second).toEqual(expect.any(String));
      expect(await one.put(key, 'three', first)).toBeUndefined();
      expect((await one.get(key))?.text).toBe('two');
      expect(await one.remove(key, first ?? '')).toBe(false);
      expect(await one.remove(key, second ?? '')).toBe(true);
      expect(await other.get(key)).toBeUndefined();
      expect(await other.put(key, 'again', undefined)).toEqual(expect.any(String));
      expect((await one.get(key))?.text).toBe('again');
    });

    it('lists what is below a folder and nothing beside it', async () => {
      const [one, other] = await two();
      const folder = fresh('keys');
      for (const path of ['b/2', 'a/1', 'a/%43', 'gone']) await one.put(`${folder}/${path}`, path, undefined);
      await one.put(`${folder}x/no`, 'no', undefined);
      const gone = await one.get(`${folder}/gone`);
      await one.remove(`${folder}/gone`, gone?.version ?? '');
      const found = await other.list(folder);
      expect(found.map((document) => document.name)).toEqual(
        ['a/%43', 'a/1', 'b/2'].map((path) => `${folder}/${path}`),
      );
      expect(found.map((document) => document.text)).toEqual(['a/%43', 'a/1', 'b/2']);
      expect((await other.list(`${folder}/a`)).length).toBe(2);
      expect(await other.list(fresh('none'))).toEqual([]);
    });

    it('lets one writer win, of many at once', async () => {
      const [one, other] = await two();
      const key = `${fresh('keys')}/a`;
      const version = await one.put(key, 'start', undefined);
      const writes = Array.from({ length: 8 }, (_, index) => (index % 2 ? one : other).put(key, `w${index}`, version));
      expect((await Promise.all(writes)).filter((done) => done !== undefined)).toHaveLength(1);
    });

    it('gives a lock to one machine at a time', async () => {
      const spaces = await two();
      const lock = fresh('rotation of stock');
      let [inside, most] = [0, 0];
      const enter = (space: SharedSpace) =>
        space.with(lock, async (held) => {
          inside += 1;
          most = Math.max(most, inside);
          await held.verify();
          await new Promise((done) => setTimeout(done, 5));
          inside -= 1;
        });
      await Promise.all(Array.from({ length: 6 }, (_, index) => enter(spaces[index % 2 === 0 ? 0 : 1])));
      expect(most).toBe(1);
      expect(await spaces[0].isHeld(lock)).toBe(false);
    });

    it('says at once that a lock is taken where nobody waits, and frees it when the work fails', async () => {
      const [one, other] = await two();
      const lock = fresh('rotation of stock/ci');
      const work = one.with(lock, async () => {
        expect(await other.isHeld(lock)).toBe(true);
        await expect(other.with(lock, async () => 'in', { wait: 0 })).rejects.toMatchObject({
          code: 'conflict',
          message: expect.stringContaining(`${lock} is in use on `),
          hint: expect.any(String),
        });
        throw new Error('the work failed');
      });
      await expect(work).rejects.toThrow('the work failed');
      expect(await other.with(lock, async () => 'in', { wait: 0 })).toBe('in');
    });

    it('keeps the locks of different names apart', async () => {
      const [one, other] = await two();
      const [a, b] = [fresh('lock'), fresh('lock')];
      expect(await one.with(a, () => other.with(b, async () => 'both', { wait: 0 }))).toBe('both');
    });
  });
}

/** `lose` ends every lock from outside, as that of a machine that stood still for longer than its lease. */
export function fencingConformance(
  name: string,
  open: () => SharedSpace | Promise<SharedSpace>,
  lose: () => void | Promise<void>,
): void {
  it(`${name} lets nobody write whose lock was lost`, async () => {
    const [one, other] = [await open(), await open()];
    const folder = `fenced-${process.pid}`;
    const version = (await one.put(`${folder}/a`, 'before', undefined)) ?? '';
    const lost = { code: 'conflict', message: expect.stringContaining('outer was taken over') };
    let enter = (): void => undefined;
    // Begun out here, where no lock of ours is held: as another machine does.
    const takenOver = new Promise<void>((done) => {
      enter = done;
    }).then(() => other.with('outer', () => other.put(`${folder}/a`, 'in time', version)));
    await one.with('outer', async (lock) => {
      await one.with('inner', async () => {
        expect(await one.put(`${folder}/b`, 'under both', undefined)).toEqual(expect.any(String));
      });
      await lose();
      // First the write: it needs no question before it.
      await expect(one.put(`${folder}/a`, 'late', version)).rejects.toMatchObject(lost);
      await expect(lock.verify()).rejects.toMatchObject(lost);
      await expect(one.put(`${folder}/new`, 'late', undefined)).rejects.toMatchObject(lost);
      await expect(one.remove(`${folder}/a`, version)).rejects.toMatchObject(lost);
      // Another one, taken since, does not make up for it.
      await one.with('inner', () => expect(one.put(`${folder}/a`, 'late', version)).rejects.toMatchObject(lost));
      enter();
      expect(await takenOver).toEqual(expect.any(String));
    });
    expect((await other.get(`${folder}/a`))?.text).toBe('in time');
    expect(await other.get(`${folder}/new`)).toBeUndefined();
  });
}
