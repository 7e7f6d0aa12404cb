#!/bin/sh
# Installs the packages of the JavaScript peer, exactly as package-lock.json pins them, and runs none of their scripts.
set -eu
exec npm ci --prefix "$(dirname "$0")" --ignore-scripts --no-audit --no-fund
