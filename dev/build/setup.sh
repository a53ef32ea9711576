#!/bin/sh
# Make a virtual environment from nothing but Python 3.9 or later: `setup.sh FOLDER REQUIREMENTS`.
# A system Python only installs uv; uv finds or fetches the Python that Lambda runs.
set -eu

venv=$1
requirements=$2
uv=.venv-uv/bin/uv
log=.venv-uv/setup.log

stop() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# Run a command quietly; if it fails, say what that means in one line and where the rest is.
attempt() {
    meaning=$1
    shift
    "$@" >>"$log" 2>&1 || stop "$meaning Is the network up? The last lines of $log say more."
}

find_python() {
    # A shim of pyenv may refuse the version that .python-version names: only what runs counts.
    for candidate in python3 /usr/bin/python3 /usr/local/bin/python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    stop "Python 3.9 or later is needed, and none was found."
}

install_uv() {
    python=$(find_python)
    mkdir -p .venv-uv
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian ships venv apart from Python.
        { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } ||
            stop "Python lacks its venv module. On Debian: sudo apt-get install python3-venv"
        attempt "Could not install python3-venv." sh -c 'apt-get update && apt-get install --yes python3-venv'
    fi
    attempt "Could not make .venv-uv." "$python" -m venv .venv-uv
    attempt "Could not install uv." .venv-uv/bin/python -m pip install --require-hashes --requirement requirements/uv.txt
}

started=$(date +%s)
printf 'Setting up %s … ' "$venv"
if ! cmp -s requirements/uv.txt .venv-uv/installed.txt; then
    install_uv
    cp requirements/uv.txt .venv-uv/installed.txt
fi
attempt "Could not find or fetch Python $(cat .python-version)." \
    "$uv" venv --allow-existing --python "$(cat .python-version)" "$venv"
attempt "Could not install $requirements." \
    "$uv" pip sync --python "$venv" --require-hashes "$requirements"
echo "$(($(date +%s) - started)) s"
