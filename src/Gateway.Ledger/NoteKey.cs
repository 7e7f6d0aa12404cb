using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Ledger;

/// <summary>The public part of a note key, as "name+id+base64" (a C2SP verifier key) carries it.</summary>
public sealed class NoteKey
{
    /// <summary>Signature type of an Ed25519 signature over the note's text (C2SP signed-note).</summary>
    public const byte Ed25519 = 0x01;

    /// <summary>Signature type of a timestamped Ed25519 cosignature (C2SP tlog-cosignature).</summary>
    public const byte CosignatureV1 = 0x04;

    private readonly byte[] _publicKey;

    /// <summary>The key with this name, signature type and public key (32 bytes for Ed25519 and cosignature/v1).</summary>
    /// <exception cref="ArgumentException">The name is empty or holds white space, a control character or '+', or the public key is empty.</exception>
    public NoteKey(string name, byte algorithm, ReadOnlySpan<byte> publicKey)
    {
        Id = Hash(name, algorithm, publicKey);
        Name = name;
        Algorithm = algorithm;
        _publicKey = publicKey.ToArray();
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The key id (<see cref="Hash"/>).</summary>
    public uint Id { get; }

    /// <summary>The signature type.</summary>
    public byte Algorithm { get; }

    /// <summary>The public key's bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>The key id: the first four bytes, big-endian, of SHA-256(name ‖ 0A ‖ algorithm ‖ public key).</summary>
    /// <exception cref="ArgumentException">The name is not a key name, or the public key is empty.</exception>
    public static uint Hash(string name, byte algorithm, ReadOnlySpan<byte> publicKey)
    {
        if (!NoteText.IsKeyName(name))
        {
            throw new ArgumentException($"'{name}' is no key name: it must not be empty nor hold white space, control characters or '+'.", nameof(name));
        }

        if (publicKey.IsEmpty)
        {
            throw new ArgumentException("The public key is empty.", nameof(publicKey));
        }

        return BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. NoteText.StrictUtf8.GetBytes(name), 0x0A, algorithm, .. publicKey]));
    }

    /// <summary>Reads "name+id+base64(algorithm ‖ public key)"; <paramref name="error"/> says what is wrong with it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NoteKey? key, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        key = null;
        error = null;
        string[] parts = text.Split('+', 3); // base64 may hold '+', a name may not
        if (parts.Length < 3 || !NoteText.IsKeyName(parts[0]))
        {
            error = "The verifier key is not of the form name+id+base64.";
        }
        else if (parts[1].Length != 8 || !uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint id))
        {
            error = $"The id of verifier key '{parts[0]}' is not eight hexadecimal digits.";
        }
        else if (!NoteText.TryBase64(parts[2], out byte[]? bytes) || bytes.Length < 2)
        {
            error = $"Verifier key '{parts[0]}' does not end in the base64 of a signature type and a public key.";
        }
        else if (bytes[0] is Ed25519 or CosignatureV1 && bytes.Length != 33)
        {
            error = $"Verifier key '{parts[0]}' has a public key of {bytes.Length - 1} bytes where Ed25519 takes 32.";
        }
        else if (Hash(parts[0], bytes[0], bytes.AsSpan(1)) != id)
        {
            error = $"The id of verifier key '{parts[0]}' does not belong to its name and public key.";
        }
        else
        {
            key = new NoteKey(parts[0], bytes[0], bytes.AsSpan(1));
        }

        return key is not null;
    }

    /// <summary>"name+id+base64(algorithm ‖ public key)".</summary>
    public override string ToString() => $"{Name}+{Id:x8}+{Convert.ToBase64String([Algorithm, .. _publicKey])}";
}
