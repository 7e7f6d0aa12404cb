using System.Runtime.InteropServices;

namespace Gateway.Cryptography.Internal;

/// <summary>Every libsodium function the product calls, bound once. Names and argument order are libsodium's own; 0 is success.</summary>
internal static partial class Libsodium
{
    internal const string Name = "libsodium";

    // An explicit static constructor: the resolver must stand before the first call below resolves its library.
    static Libsodium() => NativeLibrary.SetDllImportResolver(
        typeof(Libsodium).Assembly,
        static (name, _, _) => name == Name ? SodiumLibrary.Loaded.Handle : 0);

    [LibraryImport(Name)]
    internal static partial nint sodium_version_string();

    [LibraryImport(Name)]
    internal static partial int crypto_sign_ed25519_seed_keypair(Span<byte> publicKey, Span<byte> secretKey, ReadOnlySpan<byte> seed);

    [LibraryImport(Name)]
    internal static partial int crypto_sign_ed25519_detached(
        Span<byte> signature, nint signatureLength, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> secretKey);

    [LibraryImport(Name)]
    internal static partial int crypto_sign_ed25519_verify_detached(
        ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> publicKey);

    [LibraryImport(Name)]
    internal static partial int crypto_core_ed25519_add(Span<byte> sum, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    [LibraryImport(Name)]
    internal static partial int crypto_scalarmult_curve25519(Span<byte> shared, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> publicKey);

    [LibraryImport(Name)]
    internal static partial int crypto_scalarmult_curve25519_base(Span<byte> publicKey, ReadOnlySpan<byte> secret);

    [LibraryImport(Name)]
    internal static partial int crypto_box_seal(
        Span<byte> sealedBox, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> publicKey);

    [LibraryImport(Name)]
    internal static partial int crypto_box_seal_open(
        Span<byte> message, ReadOnlySpan<byte> sealedBox, ulong sealedLength, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> secretKey);

    [LibraryImport(Name)]
    internal static partial int crypto_aead_xchacha20poly1305_ietf_encrypt(
        Span<byte> ciphertext, nint ciphertextLength, ReadOnlySpan<byte> message, ulong messageLength,
        ReadOnlySpan<byte> associatedData, ulong associatedLength, nint secretNonce, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key);

    [LibraryImport(Name)]
    internal static partial int crypto_aead_xchacha20poly1305_ietf_decrypt(
        Span<byte> message, nint messageLength, nint secretNonce, ReadOnlySpan<byte> ciphertext, ulong ciphertextLength,
        ReadOnlySpan<byte> associatedData, ulong associatedLength, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key);

    [LibraryImport(Name)]
    internal static partial int crypto_shorthash_siphash24(Span<byte> hash, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> key);

    [LibraryImport(Name)]
    internal static partial int crypto_shorthash_siphashx24(Span<byte> hash, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> key);

    [LibraryImport(Name)]
    internal static partial int crypto_core_ristretto255_is_valid_point(ReadOnlySpan<byte> element);

    [LibraryImport(Name)]
    internal static partial int crypto_core_ristretto255_add(Span<byte> sum, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    [LibraryImport(Name)]
    internal static partial int crypto_core_ristretto255_from_hash(Span<byte> element, ReadOnlySpan<byte> hash);

    [LibraryImport(Name)]
    internal static partial int crypto_scalarmult_ristretto255(Span<byte> product, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element);

    [LibraryImport(Name)]
    internal static partial int crypto_scalarmult_ristretto255_base(Span<byte> product, ReadOnlySpan<byte> scalar);

    [LibraryImport(Name)]
    internal static partial int crypto_core_ristretto255_scalar_invert(Span<byte> inverse, ReadOnlySpan<byte> scalar);

    [LibraryImport(Name)]
    internal static partial void crypto_core_ristretto255_scalar_mul(Span<byte> product, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    [LibraryImport(Name)]
    internal static partial void crypto_core_ristretto255_scalar_add(Span<byte> sum, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    [LibraryImport(Name)]
    internal static partial void crypto_core_ristretto255_scalar_sub(Span<byte> difference, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    [LibraryImport(Name)]
    internal static partial void crypto_core_ristretto255_scalar_reduce(Span<byte> scalar, ReadOnlySpan<byte> wide);
}
