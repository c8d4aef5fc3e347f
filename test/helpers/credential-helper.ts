import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyFolder } from './folder.ts';

/** What the fake does with every request, in place of serving it. */
export type HelperFault = 'locked' | 'broken' | 'garbage' | 'silent';

export interface FakeHelper {
  /** Name behind `helper:`. */
  readonly name: string;
  /** Variables to run it with; `PATH` among them. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the items: one file each, the request that stored it. */
  readonly items: string;
}

/** A program that speaks the docker-credential-helper protocol and keeps each item as a file. */
export async function fakeHelper(name = 'fake'): Promise<FakeHelper> {
  const folder = await emptyFolder();
  const items = await emptyFolder();
  const program = join(folder, `docker-credential-${name}`);
  await writeFile(program, SCRIPT);
  await chmod(program, 0o755);
  return { name, items, env: { PATH: `${folder}:${process.env.PATH ?? ''}`, FAKE_ITEMS: items } };
}

/** `FAKE_FAULT` is a `HelperFault`; `FAKE_ARGS` a file that takes each call's argument. */
const SCRIPT = `#!/bin/sh
input=$(cat)
[ -z "$FAKE_ARGS" ] || printf '%s\\n' "$*" >> "$FAKE_ARGS"
case $FAKE_FAULT in
  locked) echo 'exit status 2: gpg: decryption failed: No secret key'; exit 1 ;;
  broken) printf 'the store is \\033[2J broken\\nsecond line\\n'; exit 1 ;;
  garbage) echo 'made-up-value in no JSON'; exit 0 ;;
  silent) exit 3 ;;
esac
file_of() { printf '%s/%s' "$FAKE_ITEMS" "$(printf '%s' "$1" | sha256sum | cut -c1-64)"; }
missing() { echo 'credentials not found in native keychain'; exit 1; }
case $1 in
  get) file=$(file_of "$input"); [ -f "$file" ] || missing; cat "$file" ;;
  erase) file=$(file_of "$input"); [ -f "$file" ] || missing; rm "$file" ;;
  store)
    url=$(printf '%s' "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
    file=$(file_of "$url")
    printf '%s' "$input" > "$file.new$$" && mv "$file.new$$" "$file" ;;
  list)
    printf '{"https://index.docker.io/v1/":"someone"'
    for file in "$FAKE_ITEMS"/*; do
      [ -f "$file" ] && sed 's/.*"ServerURL":"\\([^"]*\\)".*/,"\\1":"mcpkey"/' "$file"
    done
    printf '}' ;;
  *) exit 2 ;;
esac
`;
