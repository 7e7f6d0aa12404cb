using Gateway.Cryptography;
using Gateway.Protocol.Keys;

namespace Gateway.Protocol.Tests;

public sealed class GoldenVectorTests
{
    // Secrets that the product shows to nobody: the item and the tag, which are compared, come from them.
    private static readonly string[] Inside = ["circle.item_key", "pseudonym.p", "record.name_tags", "record.slots"];

    [Fact]
    public void The_vectors_are_what_the_page_says()
    {
        SortedDictionary<string, string> golden = Golden();
        Assert.Equal(golden, All(GoldenVectors.ByThePage()));
    }

    [Fact]
    public void The_product_makes_the_bytes_of_the_vectors()
    {
        SortedDictionary<string, string> golden = Golden(), product = GoldenVectors.ByTheProduct();
        foreach ((string name, string value) in product) Assert.True(golden[name] == value, $"{name} is {value} where the vectors have {golden[name]}.");
        Assert.Equal(golden.Keys.Where(name => !name.StartsWith("input.", StringComparison.Ordinal)).Except(Inside), product.Keys);
    }

    [Fact]
    public void A_circle_key_sealed_to_a_member_opens_as_itself()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        byte[] box = circle.SealTo(BoxPublicKey.FromBytes(Convert.FromHexString(Golden()["member.box_pk"])));
        Assert.Equal(80, box.Length);
        Assert.True(keys.Box.TryOpen(box, out byte[] opened));
        Assert.Equal(Sample.CircleKeyBytes, opened);
    }

    [Fact]
    public void Keys_of_another_length_are_refused()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        Assert.Throws<ArgumentException>(() => MemberKeys.FromSeed(new byte[31]));
        Assert.Throws<ArgumentException>(() => CircleKey.FromBytes(Sample.Circle, 0, new byte[33]));
        Assert.Throws<ArgumentException>(() => new RouteKey(new byte[31]));
        Assert.Throws<ArgumentException>(() => keys.ForRecord(new byte[31]));
        Assert.Throws<ArgumentException>(() => keys.SourceOf(Sample.Circle, new byte[63]));
        Assert.Throws<ArgumentException>(() => circle.PseudonymOf(new byte[63]));
        Assert.Throws<ArgumentException>(() => Log.LeafData.Of(0, null, new byte[15], []));
    }

    [Fact]
    public void A_drawn_circle_key_is_the_draw()
    {
        using CircleKey drawn = CircleKey.Create(Sample.Circle, 1, new SeededRandomSource("circle"));
        using CircleKey taken = CircleKey.FromBytes(Sample.Circle, 1, new SeededRandomSource("circle").GetBytes(32));
        Assert.Equal(taken.Commitment.ToArray(), drawn.Commitment.ToArray());
        Assert.Equal(taken.RouteKey.ToArray(), drawn.RouteKey.ToArray());
    }

    private static SortedDictionary<string, string> Golden() => VectorFile.Read("golden.json", () => All(GoldenVectors.ByThePage()));

    private static SortedDictionary<string, string> All(SortedDictionary<string, string> values)
    {
        SortedDictionary<string, string> all = new(values, StringComparer.Ordinal);
        foreach ((string name, string value) in GoldenVectors.Inputs()) all.Add(name, value);
        return all;
    }
}
