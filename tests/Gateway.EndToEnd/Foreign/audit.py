"""Audits the log from outside: no certificate, no gRPC, nothing but HTTPS, hashes and one signature (docs/protocol.md, section 10; C2SP tlog-tiles).

Usage: audit.py NETWORK_FILE
"""

import json
import ssl
import sys
import urllib.request

import sodium
import tlog

WIDTH = 256


def fields(message):
    """Field numbers and values of a protobuf message whose fields are varints and byte strings."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            length = varint()
            yield tag >> 3, message[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {tag & 7}")


def path_of(level, index, width):
    name = f"{index % 1000:03}"
    index //= 1000
    while index:
        name, index = f"x{index % 1000:03}/{name}", index // 1000
    return f"tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def entries_of(bundle):
    at = 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        yield bundle[at + 2 : at + 2 + length]
        at += 2 + length


def main(network_file):
    with open(network_file, encoding="utf-8") as file:
        network = json.load(file)
    tls = ssl.create_default_context(cadata=network["certificate_authority"])

    def get(path):
        with urllib.request.urlopen(f"{network['broker'].rstrip('/')}/{path}", context=tls, timeout=30) as answer:
            return answer.read()

    salt_and_entry = get("genesis")
    salt, entry = salt_and_entry[:16], salt_and_entry[16:]
    if sodium.sha256(entry).hex() != network["genesis_hash"]:
        raise SystemExit("the Genesis entry is not the one that is pinned")
    log_pk = dict(fields(dict(fields(entry))[1]))[2]
    size, root = tlog.open_checkpoint(get("checkpoint"), network["network"], log_pk)

    hashes = []
    for index in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - index * WIDTH)
        leaves = list(entries_of(get(path_of("entries", index, width))))
        if len(leaves) != width or any(len(leaf) != 49 or leaf[0] != 1 for leaf in leaves):
            raise SystemExit(f"bundle {index} does not hold {width} leaves of version 1")
        own = [tlog.leaf_hash(leaf) for leaf in leaves]
        if b"".join(own) != get(path_of(0, index, width)):
            raise SystemExit(f"hash tile {index} is not that of its bundle")
        if index == 0 and leaves[0] != b"\1" + bytes(16) + sodium.sha256(b"gateway/v1/entry\0", salt, len(entry).to_bytes(4, "big"), entry):
            raise SystemExit("leaf 0 is not the Genesis entry's")
        hashes += own
    if tlog.root_of(hashes) != root:
        raise SystemExit("the leaves do not add up to the root that the checkpoint signs")
    json.dump({"size": size, "root": root.hex()}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
