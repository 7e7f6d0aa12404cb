using System.Security.Cryptography;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>One member, one circle, and a record of theirs: fixed, so that vectors can be made of them.</summary>
internal static class Sample
{
    public const uint Epoch = 3;
    public const uint OprfVersion = 7;
    public const uint Expiry = 21_000;

    public static byte[] MemberSeed { get; } = Bytes("member seed");

    public static MemberId Member { get; } = MemberId.FromBytes(Bytes("member id").AsSpan(0, 16));

    public static CircleId Circle { get; } = CircleId.FromBytes(Bytes("circle id").AsSpan(0, 16));

    public static byte[] CircleKeyBytes { get; } = Bytes("circle key");

    /// <summary>Three that open the record, two that only stand in it.</summary>
    public static IReadOnlyList<ForgedIdentifier> ForgedIdentifiers { get; } =
        [new(1, Evaluation(1), true), new(2, Evaluation(2), true), new(258, Evaluation(3), true), new(260, Evaluation(4), false), new(512, Evaluation(5), false)];

    /// <summary>A record with a name of two words: one opens it, the others are its words as written, a skeleton, and one with a letter left out.</summary>
    public static IReadOnlyList<ForgedIdentifier> NamedIdentifiers { get; } =
        [new(1, Evaluation(1), true), new(512, Evaluation(5), false), new(513, Evaluation(6), false), new(512, Evaluation(7), false), new(512, Evaluation(8), false)];

    /// <summary>The layout of that name, given the place of an evaluation's tag in the name tags.</summary>
    public static NameLayout LayOut(Func<byte[], int> placeOf) => new()
    {
        Words =
        {
            new WordLayout { Exact = (uint)placeOf(Evaluation(5)), Skeletons = { (uint)placeOf(Evaluation(6)) }, Deletions = { (uint)placeOf(Evaluation(7)) } },
            new WordLayout { Exact = (uint)placeOf(Evaluation(8)) },
        },
    };

    public static byte[] Bytes(string name) => SHA256.HashData(Plain.Ascii("gateway vectors: " + name));

    /// <summary>64 bytes that stand for the OPRF's output: any will do, as nothing here evaluates.</summary>
    public static byte[] Evaluation(int number) => SHA512.HashData(Plain.Ascii($"gateway vectors: evaluation {number}"));

    public static CircleKey CircleKey() => Keys.CircleKey.FromBytes(Circle, Epoch, CircleKeyBytes);

    public static Summary Summary() => new()
    {
        Kind = RecordKind.BadActor,
        EvidenceGrade = EvidenceGrade.SeizureConfirmed,
        Categories = { GoodsCategory.Footwear, GoodsCategory.Watches },
        HsCodes = { "64", "640399" },
        RouteCountries = { "CN", "TR", "DE" },
        TransportModes = { TransportMode.Sea },
        Severity = Severity.High,
        QuantityBand = QuantityBand.Under1000,
        FirstSeenDay = 20_400,
        LastSeenDay = 20_500,
        ExpiryDay = Expiry,
    };

    public static void FillBody(RecordBody body)
    {
        body.SubjectKind = SubjectKind.Organisation;
        body.IncidentCount = 4;
        body.Texts.Add(new EncodedText { Kind = EncodedTextKind.Name, Clk = ByteString.CopyFrom([.. Evaluation(8), .. Evaluation(9)]) });
        body.LinkedRecordIds.Add(ByteString.CopyFrom(Bytes("linked record")));
    }

    public static SealRequest Request(CircleKey circle, MemberKeys keys, IReadOnlyList<SealIdentifier>? identifiers = null, Summary? summary = null, Action<RecordBody, byte[]>? fill = null) => new()
    {
        Circle = circle,
        OprfVersion = OprfVersion,
        Member = Member,
        Keys = keys,
        Summary = summary ?? Summary(),
        Identifiers = identifiers ?? [.. ForgedIdentifiers.Select(one => new SealIdentifier(one.Type, one.Evaluation, one.OpensRecord))],
        FillBody = fill ?? ((body, _) => FillBody(body)),
    };

    /// <summary>The entry the broker makes of a submission, written from protocol §6.</summary>
    public static RecordPublished Entry(Submission submission) => new()
    {
        RecordId = submission.RecordId,
        CircleId = submission.CircleId,
        Epoch = submission.Epoch,
        RecordPk = submission.RecordPk,
        Signature = submission.Signature,
        Issuance = ByteString.CopyFrom(Plain.Issuance(submission.IssuanceSalt.ToByteArray(), Member.ToArray(), submission.RecordPk.ToByteArray(), submission.MemberSignature.ToByteArray())),
        ExpiryDay = submission.ExpiryDay,
    };
}
