using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;

namespace Gateway.Matching.Tests.Names;

public sealed class NameAlignmentTests
{
    private static readonly byte[] Key = new byte[SipHash.KeySize];

    [Fact]
    public void The_same_name_agrees_in_every_word()
    {
        NameScore score = Score("Marlowe Kalinka Petersen", "Petersen Kalinka Marlowe");
        Assert.Equal(3, score.WordsAlike);
        Assert.Equal(1, score.Likeness, 6);
        Assert.Equal("3 of 3 name words alike", score.Sentence);
        Assert.All(score.Reasons, reason => Assert.False(reason.IsContradicting));
    }

    [Fact]
    public void A_mistyped_letter_is_said_with_the_asking_sides_own_word()
    {
        NameScore score = Score("Shenzen Marlowe Kalinka", "Marlowe Kalinka Shenzhen", PartyKind.Person);
        Assert.Contains("one letter differs in SHENZEN", score.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("SHENZHEN", score.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_in_anothers_place_weighs_more_than_a_word_left_out()
    {
        NameScore leftOut = Score("Marlowe Kalinka", "Marlowe Kalinka Petersen");
        NameScore another = Score("Marlowe Kalinka Oldenburg", "Marlowe Kalinka Petersen");
        Assert.True(leftOut.Likeness > another.Likeness);
        Assert.True(leftOut.Bits > another.Bits);
        Assert.Contains("OLDENBURG missing", another.Sentence, StringComparison.Ordinal);
        Assert.Contains("the record has one word more", another.Sentence, StringComparison.Ordinal);
        Assert.Equal(2, another.Reasons.Count(reason => reason.IsContradicting));
    }

    [Theory]
    [InlineData("Abdul Rahman Marlowe", "Abdulrahman Marlowe")]
    [InlineData("Abdulrahman Marlowe", "Abdul Rahman Marlowe")]
    [InlineData("王小明", "Wang Xiao Ming")]
    [InlineData("Wang Xiaoming", "王小明")]
    public void Two_words_written_as_one_are_alike(string asking, string record)
    {
        NameScore score = Score(asking, record);
        Assert.Equal(score.Words, score.WordsAlike);
        Assert.DoesNotContain(score.Reasons, reason => reason.Agreement == WordAgreement.None);
    }

    [Fact]
    public void A_lone_initial_excuses_a_word_of_the_record() =>
        Assert.True(Score("J. Marlowe", "Johannes Marlowe").Bits > Score("Marlowe", "Johannes Marlowe").Bits);

    [Fact]
    public void Initials_stand_for_a_whole_name()
    {
        NameScore score = Score("IRGC", "Islamic Revolutionary Guard Corps", PartyKind.Organisation);
        Assert.Contains("IRGC by initials", score.Sentence, StringComparison.Ordinal);
        Assert.Equal(WordAgreement.Initials, Assert.Single(score.Reasons).Agreement);
    }

    [Fact]
    public void A_misspelt_common_word_costs_little()
    {
        NameScore score = Score("Kalinka Tradnig", "Kalinka", PartyKind.Organisation);
        Assert.True(score.Likeness > 0.9);
    }

    [Fact]
    public void Letters_of_another_alphabet_are_a_reason_of_their_own() =>
        Assert.Contains("letters of another alphabet in КALINKA", Score("Кalinka Marlowe", "Kalinka Marlowe").Sentence, StringComparison.Ordinal);

    [Fact]
    public void A_common_word_is_worth_less_than_a_rare_one()
    {
        KeyedName name = NameKeys.Of("Marlowe Kalinka", PartyKind.Person);
        UInt128 common = TagOf(name.Words[0].Exact);
        NameScore score = Score(name, name, new TagFrequencies(tag => tag == common ? 5_000 : 1, () => 10_000));
        Assert.True(score.Reasons[0].Bits < score.Reasons[1].Bits - 5);
    }

    [Fact]
    public void Unknown_tags_are_pending_and_nothing_is_taken_for_granted()
    {
        KeyedName name = NameKeys.Of("Marlowe", PartyKind.Person);
        TaggedName asking = new(name, _ => null);
        Assert.Equal(name.Identifiers.Count, asking.Pending);
        (NameLayout layout, UInt128[] tags) = LayOut(name);
        Assert.Equal(0, NameAlignment.Score(asking, layout, tags, Rare).WordsAlike);
    }

    [Fact]
    public void A_layout_that_points_outside_its_tags_is_found_and_harmless()
    {
        KeyedName name = NameKeys.Of("Marlowe", PartyKind.Person);
        (NameLayout layout, UInt128[] tags) = LayOut(name);
        Assert.True(layout.Fits(tags.Length));
        NameLayout wrong = new([new WordLayout(-1, [tags.Length], [int.MaxValue]), new WordLayout(0, [], [])]);
        Assert.False(wrong.Fits(tags.Length));
        Assert.False(layout.Fits(1));
        Assert.Equal(0, NameAlignment.Score(new TaggedName(name, id => TagOf(id)), wrong, tags, Rare).WordsAlike);
    }

    [Fact]
    public void The_score_depends_on_tags_alone()
    {
        // Another key gives other tags, and the same score: nothing but equality of tags is used.
        byte[] other = [.. Key.Select(b => (byte)(b + 1))];
        KeyedName asking = NameKeys.Of("Marlow Kalinka", PartyKind.Person), record = NameKeys.Of("Kalinka Marlowe", PartyKind.Person);
        double bits = Score(asking, record, Rare).Bits;
        UInt128[] tags = [.. record.Identifiers.Select(Other).Order()];
        NameLayout layout = NameLayout.Of(record, id => Array.BinarySearch(tags, Other(id)));
        Assert.Equal(bits, NameAlignment.Score(new TaggedName(asking, id => Other(id)), layout, tags, Rare).Bits, 9);

        UInt128 Other(Identifier identifier) => SipHash.Hash128(other, identifier.Encode());
    }

    private static TagFrequencies Rare => new(_ => 1, () => 10_000);

    private static UInt128 TagOf(Identifier identifier) => SipHash.Hash128(Key, identifier.Encode());

    private static (NameLayout Layout, UInt128[] Tags) LayOut(KeyedName name)
    {
        UInt128[] tags = [.. name.Identifiers.Select(TagOf).Order()];
        return (NameLayout.Of(name, id => Array.BinarySearch(tags, TagOf(id))), tags);
    }

    private static NameScore Score(string asking, string record, PartyKind kind = PartyKind.Person) => Score(NameKeys.Of(asking, kind), NameKeys.Of(record, kind), Rare);

    private static NameScore Score(KeyedName asking, KeyedName record, TagFrequencies frequencies)
    {
        (NameLayout layout, UInt128[] tags) = LayOut(record);
        return NameAlignment.Score(new TaggedName(asking, id => TagOf(id)), layout, tags, frequencies);
    }
}
