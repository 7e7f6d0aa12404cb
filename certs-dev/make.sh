#!/usr/bin/env bash
# Makes a throw-away certificate authority and, under it, certificates of a broker, an operator and two members' nodes, in the form that Gateway's own have
# (docs/protocol.md, Identity). For people who write foreign clients and brokers. Keys are made here, on each run, and never committed.
#
#   certs-dev/make.sh [OUT] [NETWORK]        defaults: certs-dev/out dev.gateway.test
set -euo pipefail
out=${1:-"$(dirname "$0")/out"}
network=${2:-dev.gateway.test}
days=30

command -v openssl >/dev/null || { echo 'openssl is missing. On Debian: apt-get install openssl' >&2; exit 1; }
[[ $network =~ ^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$ ]] || { echo "'$network' cannot be a network's name: a lower-case DNS name of at most 63 characters." >&2; exit 2; }
if [ -e "$out" ] && [ -n "$(ls -A "$out")" ]; then
  echo "$out is not empty: nothing in it is overwritten. Name another folder, or remove it." >&2
  exit 1
fi
umask 077
mkdir -p "$out"
cd "$out"

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

key ca.key
openssl req -x509 -new -key ca.key -sha256 -days "$days" -subj "/O=$network/CN=$network authority" -out ca.crt \
  -addext 'basicConstraints=critical,CA:true,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign'

issue() { # file, common name, subject alternative names
  key "$1.key"
  openssl req -new -key "$1.key" -sha256 -subj "/O=$network/CN=$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -sha256 -days "$days" -set_serial "0x4$(openssl rand -hex 15)" -out "$1.crt" -extfile <(printf '%s\n' \
    'basicConstraints=critical,CA:false' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth,clientAuth' \
    'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' "subjectAltName=$3") 2>/dev/null
  rm "$1.csr"
  openssl verify -CAfile ca.crt "$1.crt" >/dev/null
}

# Exactly one URI name each: who it is. The broker's hosts stand beside it for clients that check host names.
issue broker broker "URI:spiffe://$network/broker/broker,DNS:localhost,IP:127.0.0.1"
issue operator operator-1 "URI:spiffe://$network/operators/operator-1"
for node in node-a node-b; do
  issue "$node" node-1 "URI:spiffe://$network/$(openssl rand -hex 16)/node-1"
done
echo "Made in $PWD, good for $days days: ca, broker, operator, node-a, node-b (.crt and .key)." >&2
