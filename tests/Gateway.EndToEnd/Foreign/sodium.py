"""libsodium by ctypes, and the derivations of docs/protocol.md, sections 2 and 3."""

import ctypes
import ctypes.util
import hashlib
import hmac

_path = ctypes.util.find_library("sodium")
if _path is None:
    raise SystemExit("libsodium is missing: apt-get install -y libsodium23")
_sodium = ctypes.CDLL(_path)
if _sodium.sodium_init() < 0:
    raise SystemExit("libsodium does not start")


def _run(function, size, *arguments):
    """Calls a function that fills a buffer of `size` bytes and returns 0, or raises ValueError."""
    out = ctypes.create_string_buffer(size)
    if getattr(_sodium, function)(out, *arguments) != 0:
        raise ValueError(f"{function} refuses its input")
    return out.raw


def _length(data):
    return ctypes.c_ulonglong(len(data))


def hkdf_extract(key, salt=b""):
    return hmac.digest(salt or bytes(32), key, "sha256")


def hkdf_expand(prk, info, size=32):
    block, out = b"", b""
    while len(out) < size:
        block = hmac.digest(prk, block + info + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:size]


def hkdf(key, info, size=32, salt=b""):
    return hkdf_expand(hkdf_extract(key, salt), info, size)


def u32(value):
    return value.to_bytes(4, "big")


def lp4(data):
    return u32(len(data)) + data


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def verify(public_key, message, signature):
    """Ed25519, canonical and without keys of small order, as libsodium has it."""
    return len(public_key) == 32 and len(signature) == 64 and _sodium.crypto_sign_verify_detached(signature, message, _length(message), public_key) == 0


def open_sealed(sealed, secret_key):
    """crypto_box_seal_open."""
    public_key = _run("crypto_scalarmult_base", 32, secret_key)
    return _run("crypto_box_seal_open", len(sealed) - 48, sealed, _length(sealed), public_key, secret_key)


def aead_open(key, nonce, sealed, aad):
    """XChaCha20-Poly1305 (ietf), the tag behind the ciphertext."""
    if len(sealed) < 16:
        raise ValueError("a ciphertext is shorter than its tag")
    return _run("crypto_aead_xchacha20poly1305_ietf_decrypt", len(sealed) - 16, None, None, sealed, _length(sealed), aad, _length(aad), nonce, key)


def element_from_hash(uniform):
    return _run("crypto_core_ristretto255_from_hash", 32, uniform)


def scalar_random():
    out = ctypes.create_string_buffer(32)
    _sodium.crypto_core_ristretto255_scalar_random(out)
    return out.raw


def scalar_reduce(wide):
    out = ctypes.create_string_buffer(32)
    _sodium.crypto_core_ristretto255_scalar_reduce(out, wide)
    return out.raw


def scalar_invert(scalar):
    return _run("crypto_core_ristretto255_scalar_invert", 32, scalar)


def multiply(scalar, element):
    return _run("crypto_scalarmult_ristretto255", 32, scalar, element)


def multiply_base(scalar):
    return _run("crypto_scalarmult_ristretto255_base", 32, scalar)


def add(one, other):
    return _run("crypto_core_ristretto255_add", 32, one, other)
