#!/bin/sh
# Make sure that the browser of the browser tests is there.
set -eu

command -v chromium >/dev/null && exit
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The browser tests need Chromium as \"chromium\" on the path. On Debian: sudo apt-get install chromium" >&2
    exit 1
fi
mkdir -p .build
started=$(date +%s)
printf 'Installing chromium … '
if ! sh -c 'apt-get update && apt-get install --yes --no-install-recommends chromium' >.build/chromium.log 2>&1; then
    echo "Could not install chromium. Is the network up? The last lines of .build/chromium.log say more." >&2
    exit 1
fi
echo "$(($(date +%s) - started)) s"
