#!/bin/sh
# Lints the protocol's messages with buf (STANDARD, see protos/buf.yaml). Needs: npm ci --prefix tests/buf
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
buf="$here/node_modules/.bin/buf"
if [ ! -x "$buf" ]; then
  echo "buf is not installed. Run: npm ci --prefix tests/buf" >&2
  exit 1
fi
cd "$here/../../protos"
"$buf" lint
echo "protos: buf lint finds nothing."
