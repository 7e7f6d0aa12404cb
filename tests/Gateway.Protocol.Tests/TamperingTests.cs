using FsCheck;
using FsCheck.Fluent;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

public sealed class TamperingTests
{
    private const string Seed = "tampering";

    public static TheoryData<string> Cases => [.. TamperingCases.All.Keys];

    [Fact]
    public void An_honest_record_passes_every_check()
    {
        Assert.Null(FirstFault(new RecordForge(Seed).Make()));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_thing_wrong_is_caught_by_its_check(string what)
    {
        (RecordCheck check, Action<RecordForge> spoil) = TamperingCases.All[what];
        RecordForge forge = new(Seed);
        spoil(forge);
        Assert.Equal(check, FirstFault(forge.Make()));
    }

    [Fact]
    public void Every_check_of_a_record_has_a_case()
    {
        // Fresh needs the log before the record: the node makes and tests it.
        Assert.Equal(Enum.GetValues<RecordCheck>().Except([RecordCheck.Fresh]), TamperingCases.All.Values.Select(one => one.Check).Distinct().Order());
    }

    [Fact]
    public void A_key_of_another_circle_or_epoch_than_the_entry_opens_nothing()
    {
        // Sealed, head and all, for the circle whose key is at hand, but logged under another: everything agrees except the entry.
        foreach ((byte[] circle, uint epoch) in new[] { (Sample.Bytes("other")[..16], Sample.Epoch), (Sample.Circle.ToArray(), Sample.Epoch + 1) })
        {
            ForgedRecord forged = new RecordForge(Seed).Make();
            RecordPublished entry = forged.Entry.Clone();
            entry.CircleId = ByteString.CopyFrom(circle);
            entry.Epoch = epoch;
            byte[] id = Plain.RecordId(circle, epoch, forged.Item);
            entry.RecordId = ByteString.CopyFrom(id);
            entry.Signature = ByteString.CopyFrom(Plain.PublishSignature(forged.RecordSeed, id, entry.ExpiryDay, entry.Issuance.ToByteArray()));
            using CircleKey key = Sample.CircleKey();
            Assert.True(RecordOpener.TryVerify(entry, forged.Item, out _));
            Assert.False(RecordOpener.TryUnwrap(key, entry, forged.Item, out _, out RecordFault? fault));
            Assert.Equal(RecordCheck.ItemOpens, fault.Check);
        }
    }

    [Fact]
    public void A_stored_item_opens_again_under_its_own_id_only()
    {
        ForgedRecord one = new RecordForge("one").Make(), other = new RecordForge("other").Make();
        using CircleKey circle = Sample.CircleKey();
        RecordId id = RecordId.FromBytes(one.Entry.RecordId.Span);
        Assert.True(RecordOpener.TryReopen(circle, id, one.Item, out UnwrappedRecord? record, out _));
        Assert.Equal(one.Head, record.Head.ToArray());
        Assert.False(RecordOpener.TryReopen(circle, id, other.Item, out _, out RecordFault? fault));
        Assert.Equal(RecordCheck.RecordId, fault.Check);
        Assert.False(RecordOpener.TryReopen(circle, id, [], out _, out fault));
    }

    [Fact]
    public void Any_bit_of_the_item_that_changes_is_caught_by_the_id_and_with_a_new_id_by_the_seal()
    {
        ForgedRecord honest = new RecordForge(Seed).Make();
        Prop.ForAll(Gen.Choose(0, (honest.Item.Length * 8) - 1).ToArbitrary(), bit =>
        {
            byte[] item = Flipped(honest.Item, bit);
            return FirstFault(honest with { Item = item }) == RecordCheck.RecordId
                && FirstFault(new RecordForge(Seed) { Item = _ => item }.Make()) == RecordCheck.ItemOpens;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_bit_of_the_entry_that_changes_is_caught_by_id_or_signature()
    {
        ForgedRecord honest = new RecordForge(Seed).Make();
        // Exhaustive: every bit of every field that the record depends on.
        foreach (string field in (string[])["record_id", "circle_id", "record_pk", "signature", "issuance", "epoch", "expiry_day"])
        {
            RecordCheck catcher = field is "record_id" or "circle_id" or "epoch" ? RecordCheck.RecordId : RecordCheck.Signature;
            Google.Protobuf.Reflection.FieldDescriptor descriptor = RecordPublished.Descriptor.FindFieldByName(field);
            int bits = descriptor.Accessor.GetValue(honest.Entry) is ByteString bytes ? bytes.Length * 8 : 32;
            for (int bit = 0; bit < bits; bit++)
            {
                RecordPublished entry = honest.Entry.Clone();
                object changed = descriptor.Accessor.GetValue(entry) is ByteString value ? ByteString.CopyFrom(Flipped(value.ToByteArray(), bit)) : (uint)descriptor.Accessor.GetValue(entry) ^ (1u << bit);
                descriptor.Accessor.SetValue(entry, changed);
                Assert.False(RecordOpener.TryVerify(entry, honest.Item, out RecordFault? fault));
                Assert.True(fault.Check == catcher, $"Bit {bit} of {field} was caught by {fault.Check}.");
            }
        }
    }

    [Fact]
    public void Nothing_that_a_peer_sends_makes_the_opener_throw()
    {
        using CircleKey circle = Sample.CircleKey();
        Prop.ForAll<byte[], byte[], byte[]>((a, b, c) =>
        {
            ByteString[] fields = [ByteString.CopyFrom(a), ByteString.CopyFrom(b), ByteString.CopyFrom(c)];
            RecordPublished entry = new() { RecordId = fields[0], CircleId = fields[1], RecordPk = fields[2], Signature = fields[0], Issuance = fields[1], Epoch = (uint)a.Length, ExpiryDay = uint.MaxValue };
            return !RecordOpener.TryUnwrap(circle, entry, [.. a, .. b, .. c], out _, out _);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Nothing_that_a_member_seals_makes_the_opener_throw()
    {
        // Past the seals, where parsers meet what a contributor wrote: random bytes in place of each layer, or one byte of it changed.
        Prop.ForAll<byte[], int, byte>((noise, place, value) =>
        {
            for (int layer = 0; layer < 10; layer++)
            {
                Func<byte[], byte[]>[] spoilers = [_ => noise, bytes => Replaced(bytes, place, value)];
                foreach (Func<byte[], byte[]> spoil in spoilers)
                {
                    RecordForge forge = new(Seed);
                    switch (layer)
                    {
                        case 0: forge.Sealed = spoil; break;
                        case 1: forge.Plaintext = spoil; break;
                        case 2: forge.SummaryBytes = spoil; break;
                        case 3: forge.BodyBytes = spoil; break;
                        case 4: forge.Item = spoil; break;
                        default: forge.Parts = parts => [.. parts[..(layer - 5)], spoil(parts[layer - 5]), .. parts[(layer - 4)..]]; break;
                    }

                    _ = FirstFault(forge.Make());
                }
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>The whole way a record takes at a node that has met the first identifier and knows all of them; null when it passes.</summary>
    private static RecordCheck? FirstFault(ForgedRecord forged)
    {
        using CircleKey circle = Sample.CircleKey();
        HashSet<Tag> known = [.. Sample.ForgedIdentifiers.Select(one => circle.PseudonymOf(one.Evaluation).Tag)];
        if (!RecordOpener.TryUnwrap(circle, forged.Entry, forged.Item, out UnwrappedRecord? record, out RecordFault? fault)) return fault.Check;
        return RecordOpener.TryOpen(record, circle.PseudonymOf(Sample.Evaluation(1)), 1, known.Contains, out OpenedRecord? opened, out fault) ? Nothing(opened) : fault.Check;
    }

    private static RecordCheck? Nothing(OpenedRecord opened)
    {
        Assert.NotNull(opened.Body);
        return null;
    }

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }

    private static byte[] Replaced(byte[] bytes, int place, byte value)
    {
        byte[] replaced = [.. bytes];
        if (replaced.Length > 0) replaced[(place & int.MaxValue) % replaced.Length] = value;
        return replaced;
    }
}
