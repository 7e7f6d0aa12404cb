using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Broker.Evaluators;

/// <summary>One evaluator's share of the OPRF keys of a version: a scalar for each class. The evaluators' shares add up to the network's keys. Zeroed when disposed.</summary>
public sealed class OprfShare : IDisposable
{
    /// <summary>Length of a seed in bytes.</summary>
    public const int SeedSize = VoprfKey.SeedSize;

    /// <summary>Length of a share's scalars in bytes: 32 for each class, in the order of <see cref="OprfKeySet.Classes"/>.</summary>
    public const int ScalarsSize = ScalarSize * 3;

    private const int ScalarSize = RistrettoScalar.Size;

    private readonly VoprfKey[] _keys;
    private readonly VoprfServer[] _servers;

    private OprfShare(uint version, byte[] replaces, VoprfKey[] keys, RandomSource random)
    {
        Version = version;
        Replaces = replaces;
        _keys = keys;
        _servers = [.. keys.Select(key => new VoprfServer(key, random))];
    }

    /// <summary>The version of the keys.</summary>
    public uint Version { get; }

    /// <summary>The hash of the keys in the log that this share was made to replace (<see cref="OprfKeySet.HashOf"/>), 32 bytes; 32 zero bytes for the first ones of a version.</summary>
    public ReadOnlyMemory<byte> Replaces { get; }

    /// <summary>The keys that a seed gives for a version: DeriveKeyPair(seed, "gateway/v1/oprf/" ‖ class ‖ "/" ‖ u32 version) (protocol §2). The caller zeroes its copy of the seed.</summary>
    public static OprfShare Derive(ReadOnlySpan<byte> seed, uint version, RandomSource random)
    {
        byte[] versionBytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(versionBytes, version);
        VoprfKey[] keys = new VoprfKey[OprfKeySet.Classes.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = VoprfKey.Derive(seed, [.. Encoding.ASCII.GetBytes($"gateway/v1/oprf/{OprfKeySet.Classes[i].ToString().ToLowerInvariant()}/"), .. versionBytes]);
        }

        return new OprfShare(version, new byte[OprfKeySet.HashSize], keys, random);
    }

    /// <summary>Draws a share at random: what is taken from one evaluator and added to another.</summary>
    public static OprfShare Create(uint version, ReadOnlySpan<byte> replaces, RandomSource random) =>
        new(version, replaces.ToArray(), [.. OprfKeySet.Classes.Select(_ => VoprfKey.Create(random))], random);

    /// <summary>Reads a share's scalars, 96 bytes; null where one is not canonical or zero. The caller zeroes its copy.</summary>
    public static OprfShare? TryRead(uint version, ReadOnlySpan<byte> replaces, ReadOnlySpan<byte> scalars, RandomSource random)
    {
        if (scalars.Length != ScalarsSize) return null;
        VoprfKey?[] keys = new VoprfKey?[OprfKeySet.Classes.Count];
        for (int i = 0; i < keys.Length; i++) keys[i] = VoprfKey.TryFromScalar(scalars.Slice(i * ScalarSize, ScalarSize));
        if (keys.All(key => key is not null)) return new OprfShare(version, replaces.ToArray(), keys!, random);
        foreach (VoprfKey? key in keys) key?.Dispose();
        return null;
    }

    /// <summary>This share plus another, class by class.</summary>
    public OprfShare Add(OprfShare other, ReadOnlySpan<byte> replaces, RandomSource random) => Combine(other, replaces, random, (left, right) => left.Add(right));

    /// <summary>This share less another, class by class.</summary>
    public OprfShare Subtract(OprfShare other, ReadOnlySpan<byte> replaces, RandomSource random) => Combine(other, replaces, random, (left, right) => left.Subtract(right));

    /// <summary>The server of a class; null when there is no such class.</summary>
    public VoprfServer? ServerOf(IdentifierClass identifierClass) => IndexOf(identifierClass) is { } index ? _servers[index] : null;

    /// <summary>The public key of a class; null when there is no such class.</summary>
    public RistrettoElement? PublicKeyOf(IdentifierClass identifierClass) => IndexOf(identifierClass) is { } index ? _keys[index].PublicKey : null;

    /// <summary>What the log says of these keys.</summary>
    /// <param name="name">The evaluator's name.</param>
    /// <param name="address">Where nodes reach it; empty for the broker.</param>
    public EvaluatorKeys ToKeys(string name = OprfKeySet.Broker, string address = "")
    {
        EvaluatorKeys keys = new() { Name = name, Address = address };
        for (int i = 0; i < _keys.Length; i++)
        {
            keys.ClassKeys.Add(new ClassKey { IdentifierClass = OprfKeySet.Classes[i], PublicKey = ByteString.CopyFrom(_keys[i].PublicKey.ToArray()) });
        }

        return keys;
    }

    /// <summary>Whether keys in the log name exactly these public keys for an evaluator.</summary>
    public bool IsAnnouncedBy(OprfKeys announced, string name) =>
        announced.Version == Version && announced.Evaluators.Where(evaluator => evaluator.Name == name).ToArray() is [EvaluatorKeys own] && own.ClassKeys.Equals(ToKeys(name).ClassKeys);

    /// <summary>Whether another share has the same keys.</summary>
    public bool HasSameKeys(OprfShare other) => Version == other.Version && _keys.Zip(other._keys).All(pair => pair.First.PublicKey == pair.Second.PublicKey);

    /// <summary>Writes the scalars, 96 bytes; the caller zeroes them.</summary>
    public void CopyScalars(Span<byte> scalars)
    {
        for (int i = 0; i < _keys.Length; i++) _keys[i].CopyScalar(scalars.Slice(i * ScalarSize, ScalarSize));
    }

    /// <summary>Seals the scalars to an evaluator's box key: 144 bytes.</summary>
    public byte[] SealTo(BoxPublicKey evaluator)
    {
        Span<byte> scalars = stackalloc byte[ScalarsSize];
        CopyScalars(scalars);
        byte[] box = evaluator.Seal(scalars);
        CryptographicOperations.ZeroMemory(scalars);
        return box;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (VoprfKey key in _keys) key.Dispose();
    }

    private OprfShare Combine(OprfShare other, ReadOnlySpan<byte> replaces, RandomSource random, Func<VoprfKey, VoprfKey, VoprfKey?> combine)
    {
        VoprfKey?[] keys = [.. _keys.Zip(other._keys, combine)];
        return keys.All(key => key is not null)
            ? new OprfShare(Version, replaces.ToArray(), keys!, random)
            : throw new InvalidOperationException("Two shares cancel out, which random ones never do.");
    }

    private static int? IndexOf(IdentifierClass identifierClass)
    {
        for (int i = 0; i < OprfKeySet.Classes.Count; i++)
        {
            if (OprfKeySet.Classes[i] == identifierClass) return i;
        }

        return null;
    }
}
