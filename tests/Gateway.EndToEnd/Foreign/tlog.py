"""Tree, checkpoints and proofs of the log (docs/protocol.md, section 10; RFC 9162, section 2.1)."""

import base64
import re

import sodium


def leaf_hash(data):
    return sodium.sha256(b"\0", data)


def node_hash(left, right):
    return sodium.sha256(b"\1", left, right)


def root_of(hashes):
    """MTH of RFC 6962, section 2.1, as it is defined there."""
    if not hashes:
        return sodium.sha256()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def inclusion_holds(hash_, index, size, proof, root):
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, hash_
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistency_holds(first, second, proof, first_root, second_root):
    """RFC 9162, section 2.1.4.2."""
    if first == second:
        return not proof and first_root == second_root
    if not 0 < first < second or not proof:
        return False
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


def open_checkpoint(note, network, log_pk):
    """Size and root of a checkpoint whose log signature holds."""
    body, _, signatures = note.partition(b"\n\n")
    body += b"\n"
    origin, size, root, end = body.decode().split("\n")
    if origin != network or end or not re.fullmatch("0|[1-9][0-9]*", size):
        raise ValueError("the checkpoint has another origin, no size, or extension lines")
    key_hash = sodium.sha256(network.encode() + b"\n\x01", log_pk)[:4]
    for line in signatures.decode().splitlines():
        match = re.fullmatch("\u2014 (\\S+) (\\S+)", line)
        if match is None:
            raise ValueError("the checkpoint has a line that is no signature")
        raw = base64.b64decode(match[2], validate=True)
        if match[1] == network and raw[:4] == key_hash and sodium.verify(log_pk, body, raw[4:]):
            return int(size), base64.b64decode(root, validate=True)
    raise ValueError("no signature of the log under the checkpoint holds")
