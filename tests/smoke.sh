#!/usr/bin/env bash
# Uses an installed wheel as a stranger would: fresh environment, fresh home, another folder, no terminal.
set -euo pipefail
wheel=$(realpath "$1")
lock=$(realpath requirements.lock)
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cd "$home"
export HOME="$home" PATH="$home/env/bin:$PATH"
unset PYTHONPATH XDG_CONFIG_HOME XDG_DATA_HOME PMSYNC_CONFIG PMSYNC_STORE
python3 -m venv env
grep -o '^[^ ]*==[^ ]*' "$lock" >locked.txt
python -m pip install --quiet --disable-pip-version-check --constraint locked.txt "$wheel"
cd "$(mktemp -d -p "$home")"
pmsync --version
pmsync --help >/dev/null
python -m pmsync config schema | head -c 200 >/dev/null
pmsync demo </dev/null | cat
cd demo
pmsync report status -f html -o again.html </dev/null
test -s again.html
pmsync items -o jsonl --roles | head -n 1
echo "smoke: the installed wheel works"
