using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Benchmarks;

/// <summary>A member of the circle with all it needs to seal records.</summary>
internal sealed record BenchMember(NodeDirectory Directory, MemberId Id, MemberKeys Keys, CircleKey Circle, uint OprfVersion)
{
    /// <summary>Identifiers of a record: 14, so slots are padded to 16. Types as a listed organisation's: registration, tax number, e-mail, phone, site, nine combinations.</summary>
    public const int IdentifiersPerRecord = 14;

    private const int EncodedTextSize = 128;

    private static readonly ushort[] Types = [8, 6, 1, 2, 12, 258, 258, 259, 259, 260, 261, 263, 263, 264];

    /// <summary>Seals records about identifiers of their own, on all processors.</summary>
    /// <param name="count">How many.</param>
    /// <param name="evaluationOf">y of an identifier by record and position, 64 bytes; random ones unless given.</param>
    public SealedRecord[] Seal(int count, Func<int, int, byte[]>? evaluationOf = null)
    {
        SealedRecord[] records = new SealedRecord[count];
        uint expiry = UtcDay.Of(DateTimeOffset.UtcNow).Number + 365;
        Parallel.For(0, count, i => records[i] = new RecordSealer(RandomSource.System).Seal(new SealRequest
        {
            Circle = Circle,
            OprfVersion = OprfVersion,
            Member = Id,
            Keys = Keys,
            Summary = new Summary
            {
                Kind = RecordKind.BadActor,
                EvidenceGrade = EvidenceGrade.SeizureConfirmed,
                Categories = { GoodsCategory.Footwear, GoodsCategory.Clothing },
                HsCodes = { "640411", "61" },
                RouteCountries = { "CN", "NL", "DE" },
                TransportModes = { TransportMode.Air },
                Severity = Severity.High,
                QuantityBand = QuantityBand.Under1000,
                FirstSeenDay = expiry - 500,
                LastSeenDay = expiry - 400,
                ExpiryDay = expiry,
            },
            Identifiers = [.. Types.Select((type, position) => new SealIdentifier(type, evaluationOf?.Invoke(i, position) ?? RandomNumberGenerator.GetBytes(VoprfClient.OutputSize), OpensRecord: true))],
            FillBody = FillBody,
        }));
        return records;
    }

    private static void FillBody(RecordBody body, byte[] textKey)
    {
        body.SubjectKind = SubjectKind.Organisation;
        body.IncidentCount = 3;

        // A name and an address as broker and feed see them: sealed bytes of this length. Encoding them would only make the bench's preparation longer.
        foreach (EncodedTextKind kind in (EncodedTextKind[])[EncodedTextKind.Name, EncodedTextKind.Address]) body.Texts.Add(new EncodedText { Kind = kind, Clk = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(EncodedTextSize)) });
    }
}
