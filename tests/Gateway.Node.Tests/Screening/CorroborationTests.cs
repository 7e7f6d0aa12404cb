using FsCheck;
using FsCheck.Fluent;
using Gateway.Node.Screening;
using Gateway.Protocol;

namespace Gateway.Node.Tests.Screening;

/// <summary>Independent contributors of what a hit says: never more than there are, whatever is said twice.</summary>
public sealed class CorroborationTests
{
    private static readonly CircleId s_circle = CircleId.FromBytes(new byte[16]), s_other = CircleId.FromBytes([.. new byte[15], 1]);

    [Fact]
    public void Three_contributors_of_one_identifier_are_three_sources_and_an_echo_is_none()
    {
        MetRecord[] records = [Record((1, "a")), Record((1, "b")), Record((1, "c")), Record((1, "c"))];
        Assert.All(Enumerable.Range(0, 4), of => Assert.Equal(3u, Corroboration.Of(records, of)));
        Assert.Equal("Confirmed by 3 independent sources of the circle", Corroboration.SentenceOf(3));
        Assert.Null(Corroboration.SentenceOf(1));
    }

    [Fact]
    public void Sources_of_different_identifiers_and_circles_are_not_added_up()
    {
        Assert.Equal(2u, Corroboration.Of([Record((1, "a"), (2, "x")), Record((1, "b")), Record((2, "y"))], 0));
        Assert.Equal(1u, Corroboration.Of([Record((1, "a")), Record((1, "b")) with { Circle = s_other }], 0));
    }

    [Fact]
    public void An_authorised_trader_s_record_confirms_no_accusation_and_a_disputed_one_nothing()
    {
        Assert.Equal(1u, Corroboration.Of([Record((1, "a")), Record((1, "b")) with { Exonerates = true }], 0));
        Assert.Equal(1u, Corroboration.Of([Record((1, "a")), Record((1, "b")) with { MayConfirm = false }], 0));
        Assert.Equal(2u, Corroboration.Of([Record((1, "a")), Record((1, "b")) with { MayConfirm = false }], 1));
    }

    // Contributors 0 to 4; the source of a contributor and an identifier is the same wherever it stands, as HMAC makes it.
    [Fact]
    public void Echoes_never_raise_the_count_nor_does_the_order_matter_and_it_is_at_most_the_contributors_there_are() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Contributor, byte Identifiers)[]>(),
        ArbMap.Default.ArbFor<int>(),
        (shape, seed) =>
        {
            (int Contributor, MetRecord Record)[] made = [.. shape.Select(one => (one.Contributor % 5, Made(one.Contributor % 5, one.Identifiers))).Where(one => one.Item2.Sources.Count > 0)];
            if (made.Length == 0) return true;
            MetRecord[] records = [.. made.Select(one => one.Record)];
            int contributors = made.Select(one => one.Contributor).Distinct().Count();
            MetRecord[] echoed = [.. records, .. records.Select(record => record with { })];
            MetRecord[] shuffled = [.. records];
            new Random(seed).Shuffle(shuffled);
            return Enumerable.Range(0, records.Length).All(of =>
            {
                uint count = Corroboration.Of(records, of);
                return count >= 1 && count <= contributors && Corroboration.Of(echoed, of) == count && Corroboration.Of(shuffled, Array.FindIndex(shuffled, record => ReferenceEquals(record, records[of]))) == count;
            });
        }).QuickCheckThrowOnFailure();

    private static MetRecord Record(params (int, string)[] sources) => new(s_circle, false, true, sources);

    private static MetRecord Made(int contributor, int identifiers) =>
        Record([.. Enumerable.Range(0, 4).Where(identifier => (identifiers >> identifier & 1) == 1).Select(identifier => (identifier, $"{contributor}/{identifier}"))]);
}
