using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Index;
using Gateway.Matching.Keys;
using Gateway.Matching.Scoring;

namespace Gateway.Benchmarks.Quality;

/// <summary>
/// Links parties to records as the product does: keys, their real pseudonyms, the index of tags, then the comparison with the texts encoded under each record's own key, then the scorer. Sealing
/// and opening in between are left out: they change no figure (the end-to-end tests do them).
/// </summary>
internal sealed class Linkage : IDisposable
{
    private readonly PseudonymBook _book = new(RandomSource.System);
    private readonly TagIndex _index = new(UInt128.One);
    private readonly List<(TrueParty Record, byte[] Key, List<EncodedText> Texts)> _records = [];
    private readonly Scorer _scorer;

    /// <param name="weights">The weights.</param>
    /// <param name="records">What was published.</param>
    /// <param name="shipments">Who will be asked for: their keys are evaluated in one go.</param>
    public Linkage(Weights weights, List<TrueParty> records, List<TrueParty> shipments)
    {
        _scorer = new Scorer(weights);
        _book.Learn(records.Concat(shipments).SelectMany(party => KeysOf.Of(party.Party).Identifiers.Select(key => key.Identifier)));
        foreach (TrueParty record in records)
        {
            HashSet<UInt128> tags = [];
            foreach (DerivedIdentifier key in KeysOf.Of(record.Party).Identifiers) tags.Add(_book.TagOf(key.Identifier));
            byte[] clkKey = RandomNumberGenerator.GetBytes(Clk.KeySize);
            _index.Add(_records.Count, [.. tags]);
            _records.Add((record, clkKey, [.. PartyTexts.Encode(record.Party, clkKey)]));
        }
    }

    /// <summary>Identifiers evaluated.</summary>
    public int Evaluations => _book.Count;

    /// <summary>The records a party meets, scored.</summary>
    public IEnumerable<LinkedPair> Link(TrueParty shipment)
    {
        Dictionary<int, List<Evidence>> met = [];
        foreach (DerivedIdentifier key in KeysOf.Of(shipment.Party).Identifiers)
        {
            foreach (int record in _index.Find(_book.TagOf(key.Identifier)))
            {
                (met.TryGetValue(record, out List<Evidence>? list) ? list : met[record] = []).Add(new Evidence(PartyRole.Consignor, key.Field, key.Identifier.Type));
            }
        }

        foreach ((int number, List<Evidence> evidence) in met)
        {
            (TrueParty record, byte[] key, List<EncodedText> texts) = _records[number];
            PartyFit fit = new(PartyRole.Consignor, PartyComparison.Compare(shipment.Party, record.Party.Kind, texts, key));
            RecordMatch match = new(new RecordFacts { Kind = RecordKind.BadActor, Grade = EvidenceGrade.SeizureConfirmed }, evidence) { Fits = [fit] };
            yield return new LinkedPair(_scorer.Assess(new ShipmentFacts { Day = 1 }, match).Bits, record.Entity == shipment.Entity, shipment.Entity);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _book.Dispose();
}
