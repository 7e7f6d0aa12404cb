using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Screening;

/// <summary>The node casts between the protocol's enums and the matcher's: their numbers are one table.</summary>
public sealed class TranslationTests
{
    [Fact]
    public void Record_kinds_have_the_protocols_numbers() => Same<RecordKind, V1.RecordKind>();

    [Fact]
    public void Evidence_grades_have_the_protocols_numbers() => Same<EvidenceGrade, V1.EvidenceGrade>();

    [Fact]
    public void Party_kinds_have_the_protocols_numbers() => Same<PartyKind, V1.SubjectKind>();

    [Fact]
    public void Party_roles_have_the_protocols_numbers() => Same<PartyRole, V1.PartyRole>();

    [Fact]
    public void Identifier_classes_have_the_protocols_numbers() => Same<IdentifierClass, V1.IdentifierClass>();

    [Fact]
    public void Every_lane_is_told_by_its_own_name()
    {
        foreach (Lane lane in Enum.GetValues<Lane>()) Assert.Equal(lane.ToString(), Gateway.Node.Screening.Translation.ToMessage(lane).ToString());
    }

    private static void Same<TOurs, TTheirs>()
        where TOurs : struct, Enum
        where TTheirs : struct, Enum =>
        Assert.Equal(Of<TTheirs>(), Of<TOurs>());

    private static (int, string)[] Of<T>()
        where T : struct, Enum =>
        [.. Enum.GetValues<T>().Select(value => (Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture), value.ToString())).Where(value => value.Item1 != 0).Order()];
}
