using Gateway.Node.Tests.Network;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Tests.Neutrality;

/// <summary>A circle that nobody uses: an entry for a log that is to grow.</summary>
internal static class TestPolicy
{
    public static CirclePolicy Of(string name, params RunningNode[] founders) => new()
    {
        Name = name,
        Purpose = "Test",
        LegalBasis = "Test",
        StewardId = IdOf(founders[0]),
        PublishingRoles = { MemberRole.Retailer },
        ReadingRoles = { MemberRole.Retailer },
        MinimumEvidenceGrade = EvidenceGrade.Suspected,
        MaximumRetentionDays = 365,
        NameMatching = NameMatching.CompoundOnly,
        FoundingMemberIds = { founders.Select(IdOf) },
    };

    private static ByteString IdOf(RunningNode node) => ByteString.CopyFrom(node.Directory.ReadSettings().Member.ToArray());
}
