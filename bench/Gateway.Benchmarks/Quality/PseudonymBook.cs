using System.Collections.Concurrent;
using System.Text;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Protocol;
using Gateway.Protocol.Keys;

namespace Gateway.Benchmarks.Quality;

/// <summary>
/// The real tags of identifiers in one circle and epoch, so that quality is measured through the pseudonyms and not on clear text: y by the class's VOPRF key (evaluated
/// directly, which gives what the blind way gives), then P under the circle key, then the tag, all by the product's own classes. Each identifier is evaluated once, on all
/// processors; about 100 µs each. Safe to use from several threads at once.
/// </summary>
internal sealed class PseudonymBook : IDisposable
{
    private readonly ConcurrentDictionary<Identifier, UInt128> _tags = [];
    private readonly Dictionary<IdentifierClass, VoprfKey> _keys;
    private readonly CircleKey _circleKey;

    /// <param name="random">Where seed and circle key come from.</param>
    public PseudonymBook(RandomSource random)
    {
        byte[] seed = random.GetBytes(VoprfKey.SeedSize);
        _keys = new Dictionary<IdentifierClass, VoprfKey>
        {
            [IdentifierClass.Strong] = KeyOf("strong"),
            [IdentifierClass.Compound] = KeyOf("compound"),
            [IdentifierClass.Name] = KeyOf("name"),
        };
        _circleKey = CircleKey.Create(CircleId.FromBytes(random.GetBytes(CircleId.Size)), 1, random);

        VoprfKey KeyOf(string label) => VoprfKey.Derive(seed, [.. Encoding.ASCII.GetBytes($"gateway/v1/oprf/{label}/"), 0, 0, 0, 1]);
    }

    /// <summary>Identifiers evaluated so far.</summary>
    public int Count => _tags.Count;

    /// <summary>The tag of an identifier.</summary>
    public UInt128 TagOf(Identifier identifier) => _tags.TryGetValue(identifier, out UInt128 tag) ? tag : _tags.GetOrAdd(identifier, Evaluate);

    /// <summary>Evaluates those not evaluated yet, in parallel.</summary>
    public void Learn(IEnumerable<Identifier> identifiers) =>
        Parallel.ForEach(identifiers.Where(identifier => !_tags.ContainsKey(identifier)).Distinct().ToArray(), identifier => TagOf(identifier));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (VoprfKey key in _keys.Values) key.Dispose();
        _circleKey.Dispose();
    }

    private UInt128 Evaluate(Identifier identifier) => _circleKey.PseudonymOf(_keys[identifier.Class].Output(identifier.Encode())).Tag.ToUInt128();
}
