#!/usr/bin/env bash
# Really runs docker-compose.yml once, in containers: builds the image, founds the network by docker/setup.sh, publishes at one node, finds it at another, restarts all, looks again, and removes everything.
# Needs root and Debian's podman, runc, netavark, aardvark-dns and docker-compose; no Docker. Podman's images, containers and networks are this script's own, in a temporary folder.
# Where the registry of the base images cannot be reached, the image is put together from Debian's packages (debootstrap) and this machine's .NET instead, and the script says so.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'compose: %s\n' "$*" >&2; }
for program in podman runc docker-compose /usr/lib/podman/netavark /usr/lib/podman/aardvark-dns; do
  command -v "$program" >/dev/null || { say "$program is missing. On Debian, as root: apt-get install podman runc netavark aardvark-dns docker-compose"; exit 1; }
done
[ "$(id -u)" = 0 ] || { say 'Run it as root: containers of several users in one network need it.'; exit 1; }

work=$(mktemp -d /tmp/gateway-compose-XXXXXX)
project=gatewaytest
export DOCKER_HOST="unix://$work/podman.sock" COMPOSE_PROJECT_NAME=$project CONTAINERS_CONF="$work/containers.conf"
compose=(docker-compose)
engine=(podman --root "$work/storage" --runroot "$work/run")

# Limits that a machine without CAP_SYS_RESOURCE may set, too.
cat >"$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF

service=
kept=
finish() {
  status=$?
  if [ -n "$service" ]; then
    if [ "$status" != 0 ]; then "${compose[@]}" logs --tail 20 >&2 || true; fi
    "${compose[@]}" down -v --timeout 5 >/dev/null 2>&1 || true
    kill "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
  fi
  "${engine[@]}" rm -f --all >/dev/null 2>&1 || true

  # What watches over ended `exec`s waits some minutes for somebody to ask; nobody will.
  for watcher in $(pgrep -f "$work/storage" || true); do kill "$watcher" 2>/dev/null || true; done
  umount "$work/storage/overlay" 2>/dev/null || true
  if [ -z "$kept" ]; then rm -rf docker/secrets; fi
  rm -rf "$work" 2>/dev/null || true
  exit "$status"
}
trap finish EXIT
[ ! -e docker/secrets ] || { kept=yes; say 'docker/secrets is there already: a network of this folder is in use. Run this in another checkout.'; exit 1; }

"${engine[@]}" system service --time=0 "$DOCKER_HOST" 2>"$work/service.log" &
service=$!
for attempt in $(seq 1 50); do [ -S "$work/podman.sock" ] && break; sleep 0.2; done

# What the Dockerfile does after its build stage, on a base of one's own.
stand_in() {
  say 'the base images cannot be reached; in their place: Debian by debootstrap, and the .NET of this machine'
  local dotnet
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  debootstrap --variant=minbase --include=ca-certificates,libsodium23,libssl3,libstdc++6,zlib1g bookworm "$work/base" http://deb.debian.org/debian >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log" >&2; exit 1; }
  mkdir -p "$work/base/usr/share/dotnet/shared" "$work/image"
  cp -a "$dotnet/dotnet" "$dotnet/host" "$work/base/usr/share/dotnet/"
  cp -a "$dotnet/shared/Microsoft.NETCore.App" "$dotnet/shared/Microsoft.AspNetCore.App" "$work/base/usr/share/dotnet/shared/"
  tar -C "$work/base" -c . | "${engine[@]}" import -c 'ENV APP_UID=1654' -c 'ENV DOTNET_ROOT=/usr/share/dotnet' - localhost/gateway-base:1 >/dev/null
  dotnet publish src/Gateway.Cli -c Release -o "$work/image/app" --nologo -v q
  { echo 'FROM localhost/gateway-base:1'; sed -n '/^COPY --from=build/,$p' Dockerfile | sed 's|^COPY --from=build /app|COPY app|'; } >"$work/image/Dockerfile"
  "${engine[@]}" build -q -t docker.io/library/gateway:local "$work/image" >/dev/null
  export GATEWAY_IMAGE=ready # docker/setup.sh then builds none.
}
base=$(sed -n 's/^FROM \(.*aspnet[^ ]*\).*/\1/p' Dockerfile)
if timeout 60 "${engine[@]}" pull -q "$base" >/dev/null 2>"$work/pull.log"; then say "base image $base"; else stand_in; fi

COMPOSE=docker-compose docker/setup.sh

within() { "${compose[@]}" exec -T "$1" /bin/sh -c "$2"; }
publish() { # A case that the second retailer finds again, and customs not: it is in acx alone.
  printf 'reference,subject,name,emails,country,category,evidence\ncase-1,ORGANISATION,Bad Shoes Trading GmbH,sales@bad-shoes.example,DE,FOOTWEAR,SEIZURE_CONFIRMED\n' \
    | within retailer-one 'cat >/tmp/actors.csv && gateway publish /tmp/actors.csv --circle acx --dir /data --json'
}
hits() { within "$1" 'gateway query --email sales@bad-shoes.example --wait 60s --dir /data --json' </dev/null; }
found_by() {
  local answer
  for attempt in $(seq 1 30); do
    answer=$(hits "$1") && printf '%s' "$answer" | grep -q '"decision": *"HIT"' && return 0
    sleep 1
  done
  say "$1 does not find what was published: $answer"
  return 1
}

publish >&2
found_by retailer-two
say 'published at one node, found at another'
if hits customs | grep -q '"decision": *"HIT"'; then say 'customs finds what is not for its circle'; exit 1; fi
"${compose[@]}" restart --timeout 10 >/dev/null 2>&1
found_by retailer-two
say 'restarted, and found again'
within broker 'gateway doctor --dir /data' </dev/null >&2
say 'PASSED'
