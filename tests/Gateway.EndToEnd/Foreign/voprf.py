"""RFC 9497, mode VOPRF (0x01), ristretto255-SHA512: the client's side."""

import hashlib

import sodium

_CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"
_ORDER = 2**252 + 27742317777372353535851937790883648493


def _expand(message, tag):
    """expand_message_xmd of RFC 9380, section 5.3.1, with SHA-512 and 64 bytes."""
    tag += bytes([len(tag)])
    first = hashlib.sha512(bytes(128) + message + (64).to_bytes(2, "big") + b"\0" + tag).digest()
    return hashlib.sha512(first + b"\x01" + tag).digest()


def _lp2(data):
    return len(data).to_bytes(2, "big") + data


def _hash_to_scalar(message):
    return sodium.scalar_reduce(_expand(message, b"HashToScalar-" + _CONTEXT))


def blind(identifier):
    """A fresh scalar and the blinded element."""
    scalar = sodium.scalar_random()
    return scalar, sodium.multiply(scalar, sodium.element_from_hash(_expand(identifier, b"HashToGroup-" + _CONTEXT)))


def _sum(terms):
    total = None
    for scalar, element in terms:
        term = sodium.multiply(scalar, element)
        total = term if total is None else sodium.add(total, term)
    return total


def proof_holds(public_key, blinded, evaluated, proof):
    """VerifyProof, section 2.2.2, over the whole batch."""
    c, s = proof[:32], proof[32:]
    if len(proof) != 64 or any(int.from_bytes(scalar, "little") >= _ORDER for scalar in (c, s)):
        return False
    seed = hashlib.sha512(_lp2(public_key) + _lp2(b"Seed-" + _CONTEXT)).digest()
    weights = [
        _hash_to_scalar(_lp2(seed) + index.to_bytes(2, "big") + _lp2(one) + _lp2(other) + b"Composite")
        for index, (one, other) in enumerate(zip(blinded, evaluated))
    ]
    m, z = _sum(zip(weights, blinded)), _sum(zip(weights, evaluated))
    t2 = sodium.add(sodium.multiply_base(s), sodium.multiply(c, public_key))
    t3 = sodium.add(sodium.multiply(s, m), sodium.multiply(c, z))
    return _hash_to_scalar(b"".join(_lp2(part) for part in (public_key, m, z, t2, t3)) + b"Challenge") == c


def finalise(identifier, scalar, evaluated):
    """y, 64 bytes."""
    element = sodium.multiply(sodium.scalar_invert(scalar), evaluated)
    return hashlib.sha512(_lp2(identifier) + _lp2(element) + b"Finalize").digest()
