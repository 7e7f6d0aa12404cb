using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;

namespace Gateway.Ledger.Tests;

/// <summary>An Ed25519 note key, real but from a known seed. Type 0x01 signs the text; type 0x04 cosigns it at a fixed time.</summary>
internal sealed class TestKey : INoteSigner, INoteVerifier, IDisposable
{
    public const long CosignedAt = 1_679_315_147;
    private readonly SigningKey _key;
    private readonly NoteKey _public;

    public TestKey(string name, byte algorithm = NoteKey.Ed25519)
    {
        _key = SigningKey.FromSeed(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        _public = new NoteKey(name, algorithm, _key.PublicKey.ToArray());
    }

    public string KeyName => _public.Name;

    public uint KeyHash => _public.Id;

    public byte[] Sign(ReadOnlySpan<byte> text) => _public.Algorithm == NoteKey.Ed25519
        ? _key.Sign(text)
        : Cosignature.Join(CosignedAt, _key.Sign(Cosignature.Message(CosignedAt, text)));

    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => new PublicTestKey(_public).Verify(text, signature);

    public void Dispose() => _key.Dispose();
}

/// <summary>A note key of which only the public part is known.</summary>
internal sealed class PublicTestKey(NoteKey key) : INoteVerifier
{
    public string KeyName => key.Name;

    public uint KeyHash => key.Id;

    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        VerifyingKey verifying = VerifyingKey.FromBytes(key.PublicKey);
        return key.Algorithm == NoteKey.Ed25519
            ? verifying.Verify(text, signature)
            : Cosignature.TrySplit(signature, out long time, out ReadOnlySpan<byte> ed25519) && verifying.Verify(Cosignature.Message(time, text), ed25519);
    }
}
