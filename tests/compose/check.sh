#!/bin/sh
# docker-compose.yml is one that docker-compose takes, and every service in it is locked down. Needs Debian's docker-compose, and no Docker engine.
set -eu
cd "$(dirname "$0")/../.."
docker-compose config -q
docker-compose config | /usr/bin/python3 -c '
import sys, yaml
faults = []
composed = yaml.safe_load(sys.stdin)
services = composed["services"]
if set(services) != {"broker", "retailer-one", "retailer-two", "customs", "rights-holder"}: faults.append("the services are " + ", ".join(sorted(services)))
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
    if [(secret["source"], secret["target"]) for secret in service.get("secrets", [])] != [(name, "gateway")]: faults.append(name + " has not its own secret mounted")
if composed["networks"]["exchange"].get("internal") is not True: faults.append("the network exchange is not internal")
for fault in faults: print("docker-compose.yml: " + fault, file=sys.stderr)
sys.exit(1 if faults else 0)
'
echo "docker-compose.yml: accepted, and its services are locked down."
