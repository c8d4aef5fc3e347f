/**
 * The text of the launcher. `used` beside it has a line for each mcpkey that was used here, newest first: version, Node,
 * script, parted by tabs. The Node of that line is started; where it is gone, its neighbours under the same version
 * manager, PATH and the usual places are looked through for one that is new enough. It runs with a bare environment.
 */

/** Folders are looked through in this order; `*` stands for the versions that a manager keeps side by side. */
const USUAL_PLACES = [
  '"$HOME"/.volta/bin/node',
  '"$HOME"/.local/share/mise/installs/node/*/bin/node',
  '"$HOME"/.nvm/versions/node/*/bin/node',
  '"$HOME"/.local/share/fnm/node-versions/*/installation/bin/node',
  '"$HOME"/.fnm/node-versions/*/installation/bin/node',
  '"$HOME"/"Library/Application Support"/fnm/node-versions/*/installation/bin/node',
  '"$HOME"/.asdf/installs/nodejs/*/bin/node',
  '"$HOME"/.nodenv/versions/*/bin/node',
  '"$HOME"/n/bin/node',
  '"$HOME"/.local/bin/node',
  '/opt/homebrew/bin/node',
  '/usr/local/bin/node',
  '/opt/local/bin/node',
  '/home/linuxbrew/.linuxbrew/bin/node',
  '/snap/bin/node',
  '/usr/bin/node',
].join(' \\\n  ');

/** Descriptor 3 keeps stdin free for the program that is started. */
export const POSIX_LAUNCHER = `#!/bin/sh
# Starts the newest mcpkey that was used here. Written by mcpkey.
here=\${0%/*}
tab=$(printf '\\t')
script= node=
if [ -f "$here/used" ]; then
  exec 3<"$here/used"
  while IFS="$tab" read -r version used path <&3; do
    [ -f "$path" ] || continue
    if [ -x "$used" ]; then
      exec 3<&-
      exec "$used" "$path" "$@"
    fi
    [ -n "$script" ] || { script=$path node=$used; }
  done
  exec 3<&-
fi
fits() {
  [ -x "$1" ] && "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' </dev/null >/dev/null 2>&1
}
for found in "\${node%/*/bin/node}"/*/bin/node "\${node%/*/installation/bin/node}"/*/installation/bin/node "$(command -v node)" \\
  ${USUAL_PLACES}; do
  fits "$found" || continue
  if [ -n "$script" ]; then exec "$found" "$script" "$@"; fi
  path=\${found%/bin/node}/lib/node_modules/mcpkey/bin/mcpkey.js
  if [ -f "$path" ]; then exec "$found" "$path" "$@"; fi
done
if [ -n "$script" ]; then
  echo 'mcpkey: no Node 20.19 or newer was found. Install one from https://nodejs.org' >&2
else
  echo 'mcpkey: the program is gone. Install it again: npm install --global mcpkey' >&2
fi
exit 127
`;

/** The same for cmd.exe; \`used\` is UTF-8, hence the code page. */
export const WINDOWS_LAUNCHER = [
  '@echo off',
  'rem Starts the newest mcpkey that was used here. Written by mcpkey.',
  'setlocal DisableDelayedExpansion',
  'chcp 65001 >nul',
  'set "SCRIPT="',
  'if not exist "%~dp0used" goto search',
  'for /f "usebackq tokens=2,3 delims=\t" %%a in ("%~dp0used") do if exist "%%b" (',
  '  if exist "%%a" (',
  '    set "NODE=%%a"',
  '    set "SCRIPT=%%b"',
  '    goto start',
  '  )',
  '  if not defined SCRIPT set "SCRIPT=%%b"',
  ')',
  ':search',
  'for %%n in (node.exe) do set "NODE=%%~$PATH:n"',
  'if not defined NODE if exist "%ProgramFiles%\\nodejs\\node.exe" set "NODE=%ProgramFiles%\\nodejs\\node.exe"',
  'if not defined NODE if exist "%LOCALAPPDATA%\\Volta\\bin\\node.exe" set "NODE=%LOCALAPPDATA%\\Volta\\bin\\node.exe"',
  'if not defined NODE goto nonode',
  'if not defined SCRIPT if exist "%APPDATA%\\npm\\node_modules\\mcpkey\\bin\\mcpkey.js" set "SCRIPT=%APPDATA%\\npm\\node_modules\\mcpkey\\bin\\mcpkey.js"',
  'if not defined SCRIPT goto gone',
  ':start',
  '"%NODE%" "%SCRIPT%" %*',
  'exit /b %errorlevel%',
  ':nonode',
  'echo mcpkey: no Node was found. Install one from https://nodejs.org 1>&2',
  'exit /b 127',
  ':gone',
  'echo mcpkey: the program is gone. Install it again: npm install --global mcpkey 1>&2',
  'exit /b 127',
  '',
].join('\r\n');
