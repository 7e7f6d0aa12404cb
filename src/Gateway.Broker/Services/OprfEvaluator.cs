using System.Buffers.Binary;
using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Broker.Services;

/// <summary>The broker's VOPRF keys of one version, one a class: DeriveKeyPair(seed, "gateway/v1/oprf/" ‖ class ‖ "/" ‖ u32 version) (protocol §2).</summary>
public sealed class OprfEvaluator : IDisposable
{
    /// <summary>The broker's name among the evaluators.</summary>
    public const string Name = "broker";

    /// <summary>Length of the seed in bytes.</summary>
    public const int SeedSize = VoprfKey.SeedSize;

    private static readonly (IdentifierClass Class, string Label)[] Classes = [(IdentifierClass.Strong, "strong"), (IdentifierClass.Compound, "compound"), (IdentifierClass.Name, "name")];

    private readonly Dictionary<IdentifierClass, (VoprfKey Key, VoprfServer Server)> _servers = [];

    /// <summary>Derives the keys; the caller zeroes its copy of the seed.</summary>
    public OprfEvaluator(ReadOnlySpan<byte> seed, uint version, RandomSource random)
    {
        Version = version;
        foreach ((IdentifierClass identifierClass, string label) in Classes)
        {
            byte[] versionBytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(versionBytes, version);
            VoprfKey key = VoprfKey.Derive(seed, [.. Encoding.ASCII.GetBytes($"gateway/v1/oprf/{label}/"), .. versionBytes]);
            _servers[identifierClass] = (key, new VoprfServer(key, random));
        }
    }

    /// <summary>The version of the keys.</summary>
    public uint Version { get; }

    /// <summary>What the log says of these keys.</summary>
    public OprfKeys ToEntry()
    {
        EvaluatorKeys keys = new() { Name = Name };
        foreach ((IdentifierClass identifierClass, _) in Classes)
        {
            keys.ClassKeys.Add(new ClassKey { IdentifierClass = identifierClass, PublicKey = ByteString.CopyFrom(_servers[identifierClass].Key.PublicKey.ToArray()) });
        }

        return new OprfKeys { Version = Version, Evaluators = { keys } };
    }

    /// <summary>Whether the log announces exactly these keys under the broker's name.</summary>
    public bool IsAnnouncedBy(OprfKeys announced) =>
        announced.Version == Version && announced.Evaluators.Where(evaluator => evaluator.Name == Name).ToArray() is [EvaluatorKeys own] && own.Equals(ToEntry().Evaluators[0]);

    /// <summary>The server of a class; null when there is no such class.</summary>
    public VoprfServer? ServerOf(IdentifierClass identifierClass) => _servers.TryGetValue(identifierClass, out (VoprfKey Key, VoprfServer Server) found) ? found.Server : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((VoprfKey key, _) in _servers.Values) key.Dispose();
    }
}
