using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>Records of circles that match name words: made twice from the same inputs, by <see cref="RecordForge"/> and by Gateway.Protocol.</summary>
public sealed class NamedRecordTests
{
    private const string RandomName = "gateway vectors: named record";

    [Fact]
    public void The_vectors_of_a_record_with_a_name_are_what_the_page_says() =>
        Assert.Equal(VectorFile.Read("named-record.json", ByThePage), ByThePage());

    [Fact]
    public void The_product_makes_the_bytes_of_a_record_with_a_name()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        SealedRecord record = Seal(circle, keys, placeOf => [Sample.LayOut(evaluation => placeOf(evaluation))]);
        SortedDictionary<string, string> golden = VectorFile.Read("named-record.json", ByThePage);
        Assert.Equal(golden["record.item"], Convert.ToHexStringLower(record.Submission.Item.Span));
        Assert.Equal(golden["record.record_id"], record.Id.ToString());

        Assert.True(RecordOpener.TryUnwrap(circle, Sample.Entry(record.Submission), record.Submission.Item.Span, out UnwrappedRecord? unwrapped, out RecordFault? fault), fault?.ToString());
        Assert.Equal(golden["record.summary"], Convert.ToHexStringLower(unwrapped.Summary.ToByteArray()));
        WordLayout word = unwrapped.Summary.Names.Single().Words[0];
        Assert.Equal(circle.PseudonymOf(Sample.Evaluation(5)).Tag, unwrapped.TagAt(unwrapped.Head.SlotCount + (int)word.Exact));
        Assert.Equal(circle.PseudonymOf(Sample.Evaluation(6)).Tag, unwrapped.TagAt(unwrapped.Head.SlotCount + (int)word.Skeletons.Single()));
    }

    [Fact]
    public void A_layout_that_every_node_would_quarantine_is_not_sealed()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        NameLayout beyond = new() { Words = { new WordLayout { Exact = 16 } } };
        Assert.Equal("RECORD_SUMMARY_INVALID", Assert.Throws<RefusalException>(() => Seal(circle, keys, _ => [beyond])).Refusal.Code);
    }

    [Fact]
    public void What_opens_the_record_has_no_place_among_its_name_tags()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        int place = 0;
        Seal(circle, keys, placeOf =>
        {
            place = placeOf(Sample.Evaluation(1));
            return [];
        });
        Assert.Equal(-1, place);
    }

    private static SealedRecord Seal(CircleKey circle, MemberKeys keys, Func<Func<ReadOnlyMemory<byte>, int>, IEnumerable<NameLayout>> layOut) => new RecordSealer(new SeededRandomSource(RandomName)).Seal(
        Sample.Request(circle, keys, [.. Sample.NamedIdentifiers.Select(one => new SealIdentifier(one.Type, one.Evaluation, one.OpensRecord))]) with { LayOutNames = layOut });

    private static SortedDictionary<string, string> ByThePage()
    {
        ForgedRecord record = new RecordForge(RandomName)
        {
            Identifiers = Sample.NamedIdentifiers,
            LayOut = (summary, tags) => summary.Names.Add(Sample.LayOut(evaluation =>
            {
                byte[] tag = Plain.Tag(Plain.Pseudonym(Sample.CircleKeyBytes, Sample.Circle.ToArray(), Sample.Epoch, evaluation));
                return tags.FindIndex(other => other.AsSpan().SequenceEqual(tag));
            })),
        }.Make();
        SortedDictionary<string, string> values = new(StringComparer.Ordinal)
        {
            ["input.random"] = $"SHA-256(\"{RandomName}\" || u32 counter), counter = 0, 1, 2 ...; all other inputs as in golden.json",
            ["record.head"] = Convert.ToHexStringLower(record.Head),
            ["record.summary"] = Convert.ToHexStringLower(record.Summary),
            ["record.name_tags"] = Convert.ToHexStringLower(record.NameTags),
            ["record.item"] = Convert.ToHexStringLower(record.Item),
            ["record.record_id"] = Convert.ToHexStringLower(Plain.RecordId(Sample.Circle.ToArray(), Sample.Epoch, record.Item)),
        };
        for (int i = 0; i < Sample.NamedIdentifiers.Count; i++)
        {
            ForgedIdentifier one = Sample.NamedIdentifiers[i];
            values[$"input.identifier.{i}"] = $"type {one.Type}, {(one.OpensRecord ? "slot" : "name tag")}, y = {Convert.ToHexStringLower(one.Evaluation)}";
        }

        return values;
    }
}
