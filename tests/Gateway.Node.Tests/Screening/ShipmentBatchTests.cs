using Gateway.Matching.Identifiers;
using Gateway.Node.Screening;
using Gateway.Node.Tests.Building;
using Gateway.Node.Tests.Watch;
using Gateway.Protocol.Errors;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Screening;

/// <summary>Batches of columns: the same decisions as for single shipments, without an object for what is cleared.</summary>
public sealed class ShipmentBatchTests
{
    private const string Known = "known@b.example", Unknown = "unknown@b.example", Bad = "sales@bad-shoes.example";

    [Fact]
    public async Task A_shipment_of_a_batch_is_decided_as_it_is_by_itself()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now());
        await desk.LearnAsync(Known);
        await desk.LearnAsync(Bad);
        await desk.PublishAsync(Bad);
        V1.ShipmentPart[] parts =
        [
            PartOf(V1.PartyRole.Consignor, Known), PartOf(V1.PartyRole.Consignor, Bad), PartOf(V1.PartyRole.Seller, Known), PartOf(V1.PartyRole.Seller, Unknown), PartOf(V1.PartyRole.Consignor, "no address"),
            new() { Party = new V1.ShipmentParty { Role = V1.PartyRole.Consignee, Party = new V1.Party { Kind = V1.SubjectKind.Person, Name = "Jane Doe", Identifiers = { new V1.StatedIdentifier { Type = 1, Value = Bad } } } } },
            new() { References = { new V1.StatedIdentifier { Type = 14, Value = "CSQU3054383" } } },
        ];
        Random random = new(5);
        int[][] shipments = [.. Enumerable.Range(0, 500).Select(_ => Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(parts.Length)).Distinct().OrderByDescending(part => parts[part].Party is null).ToArray())];
        ShipmentColumns columns = desk.Screener.NewParts().Take(BatchOf(parts, shipments));
        bool[] cleared = new bool[columns.Count];
        int found = desk.Screener.Clear(desk.Screener.NewSearch(), columns, 0, columns.Count, cleared);
        Assert.Equal(found, cleared.Count(one => one));
        Assert.Contains(true, cleared);
        for (int i = 0; i < shipments.Length; i++)
        {
            V1.Shipment alone = new() { Id = $"S{i}", HsCode = "010121", CountryOfDeparture = "CN" };
            foreach (V1.ShipmentPart part in shipments[i].Select(number => parts[number]))
            {
                if (part.Party is not null) alone.Parties.Add(part.Party);
                alone.References.AddRange(part.References);
            }

            Assert.Equal(alone, columns.ToMessage(i));
            PreparedShipment expected = desk.Screener.Prepare(alone), prepared = desk.Screener.Prepare(columns, i);
            Assert.Equal(expected.Keys.Identifiers.ToHashSet(), prepared.Keys.Identifiers.ToHashSet());
            Assert.Equal(expected.Keys.Rejections, prepared.Keys.Rejections);
            Assert.Equal((expected.Shipment.HsCode, expected.Shipment.CountryOfDeparture), (prepared.Shipment.HsCode, prepared.Shipment.CountryOfDeparture));
            V1.ScreeningResult result = await desk.Screener.DecideAsync(expected, CancellationToken.None);
            Assert.Equal(result, await desk.Screener.DecideAsync(prepared, CancellationToken.None));
            Assert.Equal(result.Decision == V1.ScreeningDecision.Cleared && result.RejectedFields.Count == 0 && alone.Parties.Select(party => party.Role).Distinct().Count() == alone.Parties.Count, cleared[i]);
        }
    }

    [Fact]
    public async Task Looking_at_a_batch_of_known_senders_allocates_nothing()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now());
        await desk.LearnAsync(Known);
        ShipmentColumns columns = desk.Screener.NewParts().Take(BatchOf([PartOf(V1.PartyRole.Consignor, Known), PartOf(V1.PartyRole.Seller, Known)], [.. Enumerable.Range(0, 4_096).Select(i => i % 2 == 0 ? new[] { 0 } : [0, 1])]));
        bool[] cleared = new bool[columns.Count];
        ClearedShipments search = desk.Screener.NewSearch();
        for (int run = 0; run < 3; run++) Assert.Equal(columns.Count, desk.Screener.Clear(search, columns, 0, columns.Count, cleared));
        long before = GC.GetAllocatedBytesForCurrentThread();
        desk.Screener.Clear(search, columns, 0, columns.Count, cleared);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256);
    }

    [Fact]
    public async Task Nobody_of_a_batch_is_cleared_once_the_member_has_left_its_last_circle()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now());
        await desk.LearnAsync(Known);
        ShipmentParts parts = desk.Screener.NewParts();
        ShipmentColumns columns = parts.Take(BatchOf([PartOf(V1.PartyRole.Consignor, Known)], [[0]]));
        desk.Log.Add(new V1.Entry { MemberExpelled = new V1.MemberExpelled { MemberId = ByteString.CopyFrom(desk.Core.Party.Id.ToArray()), Reason = V1.MembershipReason.RulesBroken } });
        await desk.Core.FollowAsync();
        bool[] cleared = [true];
        Assert.Equal(0, desk.Screener.Clear(desk.Screener.NewSearch(), columns, 0, 1, cleared));
        Assert.Equal([false], cleared);
    }

    [Fact]
    public async Task Columns_that_do_not_fit_together_are_refused_by_name()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now());
        Action<V1.ShipmentBatch>[] faults =
        [
            batch => batch.IdEnds[1] = 1, batch => batch.IdEnds[1] = 99, batch => batch.IdEnds[0] = 0, batch => batch.Ids = ByteString.CopyFrom(0xC3, 0x28, 0x41, 0x42), batch => batch.IdEnds.Add(4),
            batch => batch.PartEnds[0] = 7, batch => batch.PartEnds[1] = 1, batch => batch.PartNumbers[0] = 0, batch => batch.PartNumbers[0] = 2, batch => batch.HsCodes.Add(1), batch => batch.CountriesOfOrigin.Clear(),
            batch => batch.Ids = ByteString.CopyFromUtf8("S0S1x"),
        ];
        foreach (Action<V1.ShipmentBatch> fault in faults)
        {
            V1.ShipmentBatch batch = BatchOf([PartOf(V1.PartyRole.Consignor, Known)], [[0], [0]]);
            desk.Screener.NewParts().Take(batch.Clone());
            fault(batch);
            Assert.Equal("BATCH_INVALID", Assert.Throws<RefusalException>(() => desk.Screener.NewParts().Take(batch)).Refusal.Code);
        }
    }

    [Fact]
    public async Task Numbers_begin_again_where_the_sender_says_so()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now());
        ShipmentParts parts = desk.Screener.NewParts();
        ShipmentColumns first = parts.Take(BatchOf([PartOf(V1.PartyRole.Consignor, Known)], [[0]]));
        V1.ShipmentBatch anew = BatchOf([PartOf(V1.PartyRole.Consignor, Bad)], [[0]]);
        anew.PartsAnew = true;
        ShipmentColumns second = parts.Take(anew);
        Assert.Equal([Known, Bad], new[] { first, second }.Select(columns => columns.ToMessage(0).Parties[0].Party.Identifiers[0].Value));
        Assert.Equal([0u, 1u], new[] { first.FirstPlace, second.FirstPlace });
    }

    internal static V1.ShipmentPart PartOf(V1.PartyRole role, string email) => new()
    {
        Party = new V1.ShipmentParty { Role = role, Party = new V1.Party { Kind = V1.SubjectKind.Organisation, Identifiers = { new V1.StatedIdentifier { Type = (uint)IdentifierType.Email, Value = email } } } },
    };

    internal static V1.ShipmentBatch BatchOf(V1.ShipmentPart[] parts, int[][] shipments)
    {
        V1.ShipmentBatch batch = new() { Parts = { parts } };
        string ids = "";
        for (int i = 0; i < shipments.Length; i++)
        {
            batch.IdEnds.Add((uint)(ids += $"S{i}").Length);
            batch.PartNumbers.AddRange(shipments[i].Select(part => (uint)part + 1));
            batch.PartEnds.Add((uint)batch.PartNumbers.Count);
            batch.HsCodes.Add(10_122); // 010121
            batch.CountriesOfDeparture.Add(('C' << 8) + 'N');
            batch.CountriesOfOrigin.Add(0);
        }

        batch.Ids = ByteString.CopyFromUtf8(ids);
        return batch;
    }
}
