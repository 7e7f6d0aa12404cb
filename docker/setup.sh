#!/usr/bin/env bash
# Founds the network of docker-compose.yml once: broker with two operators, applications, sponsors, invitations, nodes, the circles acx and customs-protocol. What is there already is left alone, so it may be
# run again after it broke off. Invitations go from the broker's container into the node's through a pipe and are never written to this machine's disk.
set -euo pipefail
cd "$(dirname "$0")/.."
compose=(${COMPOSE:-docker-compose})
network=${GATEWAY_NETWORK:-gateway.test}

say() { printf '%s\n' "$*" >&2; }
once() { "${compose[@]}" run --rm --no-deps -T --entrypoint /bin/sh "$1" -c "$2" </dev/null; }
inside() { "${compose[@]}" exec -T broker /bin/sh -c "$1" </dev/null; }

# A secret for each service, before the first container is made. File mounts keep the mode, so the container's user must own it where that is possible.
umask 077
mkdir -p docker/secrets
for service in broker retailer-one retailer-two customs rights-holder; do
  [ -e "docker/secrets/$service" ] || head -c 32 /dev/urandom >"docker/secrets/$service"
  chown 1654:1654 "docker/secrets/$service" 2>/dev/null || chmod 0444 "docker/secrets/$service"
done

[ "${GATEWAY_IMAGE:-}" = ready ] || "${compose[@]}" build # An image from elsewhere need not be made again.

say "broker: network $network"
once broker "test -e /data/broker.json || gateway broker init --dir /data --network '$network' --listen 0.0.0.0:7443 --address https://broker:7443 --host broker --operator operator-1 --operator operator-2"
"${compose[@]}" up -d broker
for attempt in $(seq 1 60); do
  inside 'gateway member list --dir /data --json >/dev/null 2>&1' && break
  if [ "$attempt" = 60 ]; then
    say "The broker does not answer. See: ${compose[*]} logs broker"
    exit 1
  fi
  sleep 1
done

# Reads standard input where it stands, prints what the command prints.
within() { "${compose[@]}" exec -T "$1" /bin/sh -c "$2"; }
number() { sed -n 's/.*"\(change_\)\?id": *\([0-9][0-9]*\).*/\2/p' | head -n 1; }

enrol() { # service, name, role, sponsoring services…
  if once "$1" 'test -e /data/node.json'; then
    say "$1: is a member already"
    return
  fi
  local service=$1 name=$2 role=$3 application id
  shift 3
  say "$service: '$name' ($role) applies"
  application=$(inside 'cat /data/network.json' | "${compose[@]}" run --rm --no-deps -T --entrypoint /bin/sh "$service" -c \
    "umask 077 && cat >/tmp/network.json && gateway node apply '$name' --role $role --network /tmp/network.json --contact 'Officer' --email officer@example.org --phone '+00 0000' --dir /data --out /tmp/application.json >&2 && cat /tmp/application.json")
  id=$(printf '%s' "$application" | within broker 'umask 077 && cat >/tmp/application.json && gateway member propose /tmp/application.json --dir /data --json && rm /tmp/application.json' | number)
  for sponsor in "$@"; do
    "${compose[@]}" up -d "$sponsor"
    say "$service: vouched for by $sponsor"
    for attempt in $(seq 1 30); do
      within "$sponsor" "gateway member sponsor '$name' --yes --dir /data >&2" </dev/null && break
      if [ "$attempt" = 30 ]; then exit 1; fi
      sleep 1
    done
  done
  say "$service: approved by the second operator"
  inside "umask 077 && gateway change approve $id --operator operator-2 --dir /data --out /tmp/invitation-$service.json >&2 && cat /tmp/invitation-$service.json && rm /tmp/invitation-$service.json" \
    | "${compose[@]}" run --rm --no-deps -T --entrypoint /bin/sh "$service" -c 'umask 077 && cat >/tmp/invitation.json && gateway node init --dir /data --invitation /tmp/invitation.json'
}
enrol retailer-one  'Retailer One'  RETAILER
enrol retailer-two  'Retailer Two'  RETAILER
enrol customs       'Customs'       CUSTOMS
enrol rights-holder 'Rights Holder' RIGHTS_HOLDER retailer-one retailer-two
"${compose[@]}" up -d

accept() { # circle, member, whom the first key is for; as the member's officer would, at its own node
  local service
  service=$(printf '%s' "$2" | tr 'A-Z ' 'a-z-')
  say "circle $1: $2 accepts"
  "${compose[@]}" exec -T "$service" /bin/sh -c "gateway circle accept '$1' $3 --dir /data" </dev/null
}
found() { # name, template, members…; the first is the steward
  if inside 'gateway circle list --dir /data --json' | grep -q "\"$1\""; then
    say "circle $1: is there already"
    return
  fi
  local name=$1 template=$2 steward=$3 members=''
  shift 2
  for member in "$@"; do members="$members --member '$member'"; done
  say "circle $name: steward $steward"
  local id
  id=$(inside "gateway circle create '$name' --template $template --steward '$steward' $members --dir /data --json" | number)
  inside "gateway change approve $id --operator operator-2 --dir /data"
  accept "$name" "$steward" "$members"
  shift
  for member in "$@"; do accept "$name" "$member" ''; done
}
found acx acx 'Retailer One' 'Retailer Two'
found customs-protocol customs-protocol 'Customs' 'Retailer One' 'Retailer Two' 'Rights Holder'

say "The network stands. Its nodes make the circles' keys within seconds: ${compose[*]} exec customs gateway node status"
