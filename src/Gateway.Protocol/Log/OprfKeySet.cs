using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>What the evaluators' public keys of one OprfKeys entry add up to: the rules by which a key is shared out anew without changing a pseudonym (docs/protocol.md, Pseudonyms).</summary>
public static class OprfKeySet
{
    /// <summary>The broker's name among the evaluators.</summary>
    public const string Broker = "broker";

    /// <summary>Most evaluators of one key.</summary>
    public const int MostEvaluators = 8;

    /// <summary>Longest address in bytes.</summary>
    public const int LongestAddress = 256;

    /// <summary>Length of <see cref="HashOf"/> in bytes.</summary>
    public const int HashSize = 32;

    /// <summary>The classes that have a key, in the order of their numbers.</summary>
    public static IReadOnlyList<IdentifierClass> Classes { get; } = [IdentifierClass.Strong, IdentifierClass.Compound, IdentifierClass.Name];

    /// <summary>
    /// What names these keys: SHA-256("gateway/v1/oprf-keys" 00 ‖ u32 version ‖ for each evaluator in the entry's order: LP4(name) ‖ LP4(address) ‖ LP4(public key) of the classes in the order of
    /// their numbers), 32 bytes.
    /// </summary>
    public static byte[] HashOf(OprfKeys keys)
    {
        CanonicalWriter writer = new CanonicalWriter().Label("gateway/v1/oprf-keys").U32(keys.Version);
        foreach (EvaluatorKeys evaluator in keys.Evaluators)
        {
            writer.Prefixed(Encoding.UTF8.GetBytes(evaluator.Name)).Prefixed(Encoding.UTF8.GetBytes(evaluator.Address));
            foreach (IdentifierClass identifierClass in Classes) writer.Prefixed(PublicKeyOf(evaluator, identifierClass) is { } key ? key.Span : []);
        }

        return SHA256.HashData(writer.Written);
    }

    /// <summary>The keys of an evaluator; null where the entry does not name it.</summary>
    public static EvaluatorKeys? Find(OprfKeys keys, string name) => keys.Evaluators.FirstOrDefault(evaluator => evaluator.Name == name);

    /// <summary>The bytes of an evaluator's public key of a class, as stated; null where it states none.</summary>
    public static ReadOnlyMemory<byte>? PublicKeyOf(EvaluatorKeys evaluator, IdentifierClass identifierClass) =>
        evaluator.ClassKeys.FirstOrDefault(key => key.IdentifierClass == identifierClass)?.PublicKey.Memory;

    /// <summary>The sum of the evaluators' public keys of a class; false where one is missing or unreadable, or where they cancel out.</summary>
    public static bool TryAdd(OprfKeys keys, IdentifierClass identifierClass, out RistrettoElement sum)
    {
        sum = default;
        foreach (EvaluatorKeys evaluator in keys.Evaluators)
        {
            if (PublicKeyOf(evaluator, identifierClass) is not { } bytes || !RistrettoElement.TryFromBytes(bytes.Span, out RistrettoElement key)) return false;
            if (sum.IsDefault) sum = key;
            else if (!RistrettoElement.TryAdd(sum, key, out sum)) return false;
        }

        return !sum.IsDefault;
    }

    /// <summary>Null where one entry shares out the same keys as the one before it; else what is wrong, one sentence.</summary>
    public static string? FindFaultOfResharing(OprfKeys before, OprfKeys after)
    {
        if (after.Version != before.Version) return $"OPRF keys of version {after.Version} are not a resharing of version {before.Version}.";
        if (FindFault(after) is { } fault) return fault;
        foreach (IdentifierClass identifierClass in Classes)
        {
            if (!TryAdd(before, identifierClass, out RistrettoElement old) || !TryAdd(after, identifierClass, out RistrettoElement sum) || old != sum)
            {
                return $"The OPRF keys of class {identifierClass} do not add up to what they were in version {before.Version}.";
            }
        }

        return HashOf(before).AsSpan().SequenceEqual(HashOf(after)) ? "The entry of OPRF keys changes nothing." : null;
    }

    /// <summary>Whether text can be an evaluator's address: https, host and port, no path.</summary>
    public static bool IsAddress(string address, [NotNullWhen(true)] out Uri? uri)
    {
        uri = Encoding.UTF8.GetByteCount(address) <= LongestAddress && Uri.TryCreate(address, UriKind.Absolute, out Uri? parsed) && parsed.Scheme == Uri.UriSchemeHttps
            && parsed.PathAndQuery == "/" && parsed.UserInfo.Length == 0 ? parsed : null;
        return uri is not null;
    }

    private static string? FindFault(OprfKeys keys)
    {
        if (keys.Evaluators.Count is 0 or > MostEvaluators) return $"The OPRF keys name {keys.Evaluators.Count} evaluators; 1 to {MostEvaluators} are allowed.";
        if (keys.Evaluators.Select(evaluator => evaluator.Name).Distinct(StringComparer.Ordinal).Count() != keys.Evaluators.Count) return "The OPRF keys name an evaluator twice.";
        foreach (EvaluatorKeys evaluator in keys.Evaluators)
        {
            if (!Identity.SpiffeId.IsName(evaluator.Name)) return "The OPRF keys name an evaluator that cannot have a certificate.";
            if (evaluator.Name != Broker && !IsAddress(evaluator.Address, out _)) return $"The OPRF keys state no usable address of evaluator {evaluator.Name}.";
            if (evaluator.ClassKeys.Count != Classes.Count || Classes.Any(identifierClass => PublicKeyOf(evaluator, identifierClass) is null)) return $"Evaluator {evaluator.Name} does not have exactly one key for each class.";
        }

        return null;
    }
}
