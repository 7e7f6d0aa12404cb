#!/bin/sh
# docker-compose.yml is one that docker-compose takes, every service in it is locked down, and it and docker/setup.sh are the network that `gateway lab plan` describes.
# The description comes as a file, or from the program. Needs Debian's docker-compose, and no engine.
set -eu
cd "$(dirname "$0")/../.."
plan=${1:-}
if [ -z "$plan" ]; then
  plan=$(mktemp)
  trap 'rm -f "$plan"' EXIT
  ./gateway lab plan >"$plan"
fi
docker-compose config -q
docker-compose config | /usr/bin/python3 -c '
import json, shlex, sys, yaml
faults = []
composed = yaml.safe_load(sys.stdin)
with open(sys.argv[1]) as file: plan = json.load(file)
services = composed["services"]

def folder(member): return member.get("folder") or "-".join(member["name"].lower().split())
def expect(what, is_, wanted):
    if is_ != wanted: faults.append("%s is %s, and by the description %s" % (what, is_, wanted))

# The same brokers and members, each with a volume and a secret of its own.
roles = {"broker": "broker", **{folder(member): "node" for member in plan["members"]}}
expect("the number of brokers", 1, plan["brokers"])
expect("the store", "sqlite", plan["store"])
expect("the list of services", sorted(services), sorted(roles))
expect("the list of volumes", sorted(composed["volumes"]), sorted(roles))
expect("the list of secrets", sorted(composed["secrets"]), sorted(roles))
for name, role in roles.items():
    service = services.get(name, {})
    expect("the command of " + name, service.get("command"), [role, "run", "--dir", "/data"])
    expect("the volume of " + name, service.get("volumes"), [name + ":/data:rw"])
    expect("the secret of " + name, [(secret["source"], secret["target"]) for secret in service.get("secrets", [])], [(name, "gateway")])
    expect("what " + name + " waits for", sorted(service.get("depends_on", {})), [] if role == "broker" else ["broker"])

# The same admissions and circles.
with open("docker/setup.sh") as file: lines = [shlex.split(line) for line in file if line.startswith(("enrol ", "found "))]
sponsors = [folder(member) for member in plan["members"][:2]]
expect("who is enrolled by docker/setup.sh", [line[1:] for line in lines if line[0] == "enrol"], [[folder(member), member["name"], member["role"]] + (sponsors if i > 2 else []) for i, member in enumerate(plan["members"])])
expect("what is founded by docker/setup.sh", [line[1:4] + sorted(line[4:]) for line in lines if line[0] == "found"], [[circle["name"], circle.get("template", circle["name"]), circle["steward"]] + sorted(set(circle["members"]) - {circle["steward"]}) for circle in plan["circles"]])

for name, service in services.items():
    if service.get("read_only") is not True: faults.append(name + " may write to its root")
    if service.get("cap_drop") != ["ALL"]: faults.append(name + " keeps capabilities")
    if "no-new-privileges:true" not in service.get("security_opt", []): faults.append(name + " may gain privileges")
    if str(service.get("user", "0")).split(":")[0] in ("", "0", "root"): faults.append(name + " runs as root")
    if service.get("privileged"): faults.append(name + " is privileged")
    if not service.get("healthcheck", {}).get("test"): faults.append(name + " has no health check")
    if list(service.get("networks", {})) != ["exchange"]: faults.append(name + " is in other networks than exchange")
    if service.get("ports"): faults.append(name + " publishes ports")
    if service.get("environment") != {"GATEWAY_SECRET_FILE": "/run/secrets/gateway"}: faults.append(name + " has other values in its environment than where its secret is mounted")
if composed["networks"]["exchange"].get("internal") is not True: faults.append("the network exchange is not internal")
for fault in faults: print("docker-compose.yml: " + fault, file=sys.stderr)
sys.exit(1 if faults else 0)
' "$plan"
echo "docker-compose.yml: accepted, as described, and its services are locked down."
