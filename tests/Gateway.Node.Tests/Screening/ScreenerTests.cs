using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Screening;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Screening;

public sealed class ScreenerTests
{
    private const string Bad = "sales@bad-shoes.example", Other = "else@bad-shoes.example";

    private readonly ManualTime _time = ManualTime.Now();

    [Fact]
    public async Task What_was_never_evaluated_is_pending_and_what_is_known_is_cleared()
    {
        await using Desk desk = await StartAsync();
        PreparedShipment prepared = desk.Prepare(Bad);
        V1.ScreeningResult pending = await desk.DecideAsync(prepared);
        Assert.Equal((V1.ScreeningDecision.Pending, 1u), (pending.Decision, pending.PendingIdentifiers));
        await desk.LearnAsync(prepared);
        Assert.Equal(V1.ScreeningDecision.Cleared, (await desk.DecideAsync(prepared)).Decision);
    }

    [Fact]
    public async Task One_pending_identifier_keeps_a_shipment_from_being_cleared()
    {
        await using Desk desk = await StartAsync();
        await desk.LearnAsync(desk.Prepare(Bad));
        Assert.Equal(V1.ScreeningDecision.Pending, (await desk.DecideAsync(desk.Prepare(Bad, Other))).Decision);
    }

    [Fact]
    public async Task One_identifier_in_several_roles_opens_a_record_as_often_as_it_stands_there()
    {
        await using Desk desk = await StartAsync();
        await desk.PublishAsync(desk.Log.Second, Bad);
        await desk.LearnAsync(desk.Prepare(Bad));
        PreparedShipment InRoles(int count) => desk.Screener.Prepare(new Shipment
        {
            Id = "S1",
            Parties = [.. new[] { PartyRole.Consignor, PartyRole.Seller, PartyRole.Declarant }.Take(count).Select(role => (role, new Party { Kind = PartyKind.Organisation, Identifiers = [new StatedIdentifier(IdentifierType.Email, Bad, "")] }))],
        });
        foreach (int count in (int[])[1, 3, 2, 1, 3])
        {
            V1.ScreeningResult result = await desk.DecideAsync(InRoles(count));
            Assert.Equal((V1.ScreeningDecision.Hit, 1u), (result.Decision, Assert.Single(result.Hits).Sources));
        }
    }

    [Fact]
    public async Task Nobody_is_cleared_once_the_member_has_left_its_last_circle()
    {
        await using Desk desk = await StartAsync();
        PreparedShipment prepared = desk.Prepare(Bad);
        await desk.LearnAsync(prepared);
        Assert.Equal(V1.ScreeningDecision.Cleared, (await desk.DecideAsync(prepared)).Decision);
        desk.Log.Add(new V1.Entry { MemberExpelled = new V1.MemberExpelled { MemberId = ByteString.CopyFrom(desk.Core.Party.Id.ToArray()), Reason = V1.MembershipReason.RulesBroken } });
        await desk.Core.FollowAsync();
        V1.ScreeningResult result = await desk.DecideAsync(prepared);
        Assert.Equal((V1.ScreeningDecision.NotScreened, V1.Lane.Yellow), (result.Decision, result.Lane));
        Assert.Equal("NO_CIRCLE_READ", Assert.Single(result.RejectedFields).Code);
    }

    [Fact]
    public async Task A_record_is_a_hit_until_it_is_withdrawn()
    {
        await using Desk desk = await StartAsync();
        SealedRecord record = await desk.PublishAsync(desk.Log.Second, Bad);
        PreparedShipment prepared = desk.Prepare(Bad);
        await desk.LearnAsync(prepared);
        V1.ScreeningResult hit = await desk.DecideAsync(prepared);
        Assert.Equal((V1.ScreeningDecision.Hit, V1.Lane.Red), (hit.Decision, hit.Lane));
        Assert.Equal(record.Submission.RecordId, Assert.Single(hit.Hits).RecordId);
        desk.Log.Withdraw(record);
        await desk.Core.FollowAsync();
        Assert.Equal(V1.ScreeningDecision.Cleared, (await desk.DecideAsync(prepared)).Decision);
    }

    [Fact]
    public async Task Two_contributors_corroborate_and_an_echo_counts_once()
    {
        await using Desk desk = await StartAsync();
        await desk.PublishAsync(desk.Log.Second, Bad);
        await desk.PublishAsync(desk.Log.Second, Bad);
        PreparedShipment prepared = desk.Prepare(Bad);
        await desk.LearnAsync(prepared);
        Assert.All((await desk.DecideAsync(prepared)).Hits, hit => Assert.Equal(1u, hit.Sources));
        await desk.PublishAsync(desk.Log.Steward, Bad);
        V1.ScreeningResult result = await desk.DecideAsync(prepared);
        Assert.Equal(3, result.Hits.Count);
        Assert.All(result.Hits, hit => Assert.Equal(2u, hit.Sources));
    }

    [Fact]
    public async Task A_record_whose_body_leaves_out_a_tag_it_carries_is_quarantined()
    {
        await using Desk desk = await StartAsync();
        PreparedShipment both = desk.Prepare(Bad, Other);
        await desk.LearnAsync(both);

        // What should be padding is the tag of somebody whom the body does not name.
        desk.Log.Random = new Planted(desk.Log.Circle.PseudonymOf(EvaluationOf(Desk.IdentifierOf(Other))).Tag);
        SealedRecord record = await desk.PublishAsync(desk.Log.Second, Bad);
        Assert.Equal(V1.ScreeningDecision.Cleared, (await desk.DecideAsync(both)).Decision);
        NodeRecord? held = await desk.Core.Store.FindRecordAsync(record.Id, CancellationToken.None);
        Assert.Equal((NodeRecordState.Quarantined, nameof(RecordCheck.KnownTagsListed)), (held!.State, held.Fault));
        Assert.Equal("RECORD_QUARANTINED", Assert.Single(await desk.Core.AlarmsAsync()).Code);
    }

    [Fact]
    public async Task A_record_met_by_a_tag_that_opens_nothing_is_neither_shown_nor_quarantined()
    {
        await using Desk desk = await StartAsync();
        PreparedShipment prepared = desk.Prepare(Bad);
        await desk.LearnAsync(prepared);
        SealedRecord record = desk.Log.Seal(null, null,
            new SealIdentifier(1, EvaluationOf(Desk.IdentifierOf(Other)), OpensRecord: true),
            new SealIdentifier(1, EvaluationOf(Desk.IdentifierOf(Bad)), OpensRecord: false));
        desk.Log.Publish(record);
        await desk.Core.FollowAsync();
        Assert.Equal(V1.ScreeningDecision.Cleared, (await desk.DecideAsync(prepared)).Decision);
        Assert.Equal(NodeRecordState.Live, await desk.Core.StateOfAsync(record));
        PreparedShipment both = desk.Prepare(Bad, Other);
        await desk.LearnAsync(both);
        Assert.Equal(V1.ScreeningDecision.Hit, (await desk.DecideAsync(both)).Decision);
    }

    [Fact]
    public async Task An_identifier_of_more_records_than_can_mean_one_party_is_a_stop_value_and_its_best_records_are_met()
    {
        await using Desk desk = await StartAsync();
        for (int i = 0; i < 1_001; i++) desk.Publish(desk.Log.Second, Bad);
        await desk.Core.FollowAsync();
        PreparedShipment prepared = desk.Prepare(Bad);
        await desk.LearnAsync(prepared);
        V1.ScreeningResult result = await desk.DecideAsync(prepared);
        Assert.Equal((V1.ScreeningDecision.Hit, V1.Lane.Red), (result.Decision, result.Lane));
        Assert.Equal(100, result.Hits.Count);
        V1.ErrorDetail note = Assert.Single(result.RejectedFields);
        Assert.Equal("STOP_VALUE", note.Code);
        Assert.Contains("1,001 records", note.What, StringComparison.Ordinal);
        Assert.Contains("901 more", note.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(1_100)]
    public async Task One_member_who_fills_an_identifier_with_records_hides_nobody_elses(int before)
    {
        await using Desk desk = await StartAsync();
        for (int i = 0; i < before; i++) desk.Publish(desk.Log.Second, Bad, V1.EvidenceGrade.Suspected);
        SealedRecord genuine = desk.Publish(desk.Log.Steward, Bad, V1.EvidenceGrade.CourtDecision);
        for (int i = before; i < 1_100; i++) desk.Publish(desk.Log.Second, Bad, V1.EvidenceGrade.Suspected);
        await desk.Core.FollowAsync();
        PreparedShipment prepared = desk.Prepare(Bad);
        await desk.LearnAsync(prepared);
        V1.ScreeningResult result = await desk.DecideAsync(prepared);
        Assert.Equal((V1.ScreeningDecision.Hit, V1.Lane.Red), (result.Decision, result.Lane));
        Assert.Equal(genuine.Submission.RecordId, result.Hits[0].RecordId);
        Assert.Contains(result.RejectedFields, field => field.Code == "STOP_VALUE");
        Assert.Equal(0u, result.PendingIdentifiers);
    }

    [Fact]
    public async Task A_stop_value_is_a_plain_hit_again_when_its_records_are_withdrawn()
    {
        await using Desk desk = await StartAsync();
        SealedRecord[] records = [.. Enumerable.Range(0, 1_001).Select(_ => desk.Publish(desk.Log.Second, Bad))];
        await desk.Core.FollowAsync();
        PreparedShipment prepared = desk.Prepare(Bad);
        await desk.LearnAsync(prepared);
        Assert.NotEmpty((await desk.DecideAsync(prepared)).RejectedFields);
        foreach (SealedRecord record in records[1..]) desk.Log.Withdraw(record);
        await desk.Core.FollowAsync();
        V1.ScreeningResult result = await desk.DecideAsync(prepared);
        Assert.Empty(result.RejectedFields);
        Assert.Equal(records[0].Submission.RecordId, Assert.Single(result.Hits).RecordId);
    }

    [Fact]
    public async Task A_party_that_comes_again_has_the_same_identifiers_as_the_first_time_in_every_role_and_scope()
    {
        await using Desk desk = await StartAsync();
        Random random = new(5);
        V1.Party[] parties =
        [
            new() { Kind = V1.SubjectKind.Organisation, Name = "Best Shoes Ltd", Street = "12 Main Street", City = "Shenzhen", Postcode = "518000", Country = "CN", Identifiers = { new V1.StatedIdentifier { Type = 1, Value = Bad } } },
            new() { Kind = V1.SubjectKind.Organisation, Name = "Best Shoes Ltd1", Street = "2 Main Street", City = "Shenzhen", Postcode = "518000", Country = "CN", Identifiers = { new V1.StatedIdentifier { Type = 1, Value = Bad } } },
            new() { Kind = V1.SubjectKind.Person, Name = "Jane Doe", Postcode = "10115", Country = "DE", Identifiers = { new V1.StatedIdentifier { Type = 2, Value = "030 901820", Country = "DE" }, new V1.StatedIdentifier { Type = 3, Value = "wrong" } } },
            new() { Kind = V1.SubjectKind.Person, Name = "Jane Doe", Postcode = "10115", Country = "DE", BirthDate = "1980-03-31" },
            new() { Kind = V1.SubjectKind.Person, Name = "Jane Doe", Postcode = "10115", Country = "DE", BirthDate = "1981-03-31" },
            new() { Name = "Doe", Aliases = { "Jane", "Best" }, City = "Berlin" },
            new() { Name = "Doe", Aliases = { "Jane Best" }, City = "Berlin" },
            new() { Name = "Doe", Identifiers = { new V1.StatedIdentifier { Type = 1, Value = "a@b.example", Country = "DE" } } },
            new() { Name = "Doe", Identifiers = { new V1.StatedIdentifier { Type = 1, Value = "a@b.example" }, new V1.StatedIdentifier { Type = 1, Value = "DE" } } },
            new(),
        ];
        for (int i = 0; i < 500; i++)
        {
            V1.Shipment shipment = new()
            {
                Id = $"S{i}",
                Parties = { Enumerable.Range(0, random.Next(4)).Select(_ => new V1.ShipmentParty { Role = (V1.PartyRole)random.Next(5), Party = parties[random.Next(parties.Length)] }) },
            };
            if (random.Next(2) == 0) shipment.References.AddRange([new V1.StatedIdentifier { Type = 14, Value = "CSQU3054383" }, new V1.StatedIdentifier { Type = 14, Value = "CSQU3054384" }]);
            PreparedShipment remembered = desk.Screener.Prepare(shipment);
            PreparedShipment anew = desk.Screener.Prepare(Translation.ToShipment(shipment));
            Assert.Equal(anew.Keys.Identifiers, remembered.Keys.Identifiers);
            Assert.Equal(anew.Keys.Rejections, remembered.Keys.Rejections);
            Assert.Equal(anew.Hashes, remembered.Hashes);
            Assert.Equal(anew.Shipment.Parties.Select(party => (party.Role, party.Party.Name, party.Party.Identifiers.Count)), remembered.Shipment.Parties.Select(party => (party.Role, party.Party.Name, party.Party.Identifiers.Count)));
        }
    }

    [Fact]
    public async Task The_best_hundred_of_many_hits_are_shown()
    {
        await using Desk desk = await StartAsync();
        for (int i = 0; i < 101; i++) desk.Publish(desk.Log.Second, Bad);
        await desk.Core.FollowAsync();
        PreparedShipment prepared = desk.Prepare(Bad);
        await desk.LearnAsync(prepared);
        Assert.Equal(100, (await desk.DecideAsync(prepared)).Hits.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_person_who_receives_is_screened_only_where_a_circles_policy_says_so(bool screens)
    {
        await using Desk desk = await StartAsync(policy => policy.ScreensConsigneePersons = screens);
        Shipment shipment = new()
        {
            Id = "S1",
            Parties = [(PartyRole.Consignee, new Party { Kind = PartyKind.Person, Name = "Jane Doe", Identifiers = [new StatedIdentifier(IdentifierType.Email, "jane@home.example", "")] })],
        };
        Assert.Equal(screens, desk.Screener.Prepare(shipment).Hashes.Length > 0);
    }

    private async Task<Desk> StartAsync(Action<V1.CirclePolicy>? policy = null)
    {
        TestLog log = new(UtcDay.Of(_time.GetUtcNow()), policy);
        TestCore core = await TestCore.StartAsync(log, time: _time);
        await core.FollowAsync();
        return new Desk(log, core);
    }

    // Any 64 bytes do for an evaluation, as long as all agree on them.
    private static byte[] EvaluationOf(Identifier identifier) => SHA512.HashData(identifier.Encode());

    private sealed class Desk : IAsyncDisposable
    {
        public Desk(TestLog log, TestCore core)
        {
            Log = log;
            Core = core;
            AlarmBell alarms = new(core.Store, core.Time, NullLogger<AlarmBell>.Instance);
            Pseudonymiser pseudonymiser = new(new EvaluatorClient(_ => null, RandomSource.System), core.Matcher, core.Cache, () => core.Log.View, alarms, RandomSource.System, core.Time, NullLogger<Pseudonymiser>.Instance);
            HitOpener opener = new(core.Store, core.Matcher, () => core.Log.View, alarms, core.Party.Id, core.Time);
            Screener = core.ScreenerOver(opener, pseudonymiser);
        }

        public TestLog Log { get; }

        public TestCore Core { get; }

        public Screener Screener { get; }

        public static Identifier IdentifierOf(string email) => IdentifierNormaliser.Normalise(new StatedIdentifier(IdentifierType.Email, email, "")).Identifier!.Value;

        public PreparedShipment Prepare(params string[] emails) => Screener.Prepare(new Shipment
        {
            Id = "S1",
            Parties = [(PartyRole.Consignor, new Party { Kind = PartyKind.Organisation, Identifiers = [.. emails.Select(email => new StatedIdentifier(IdentifierType.Email, email, ""))] })],
        });

        public Task<V1.ScreeningResult> DecideAsync(PreparedShipment prepared) => Screener.DecideAsync(prepared, CancellationToken.None).AsTask();

        public async Task LearnAsync(PreparedShipment prepared)
        {
            for (int i = 0; i < prepared.Hashes.Length; i++) await Core.LearnAsync(prepared.Hashes[i], EvaluationOf(prepared.Keys.Identifiers[i].Identifier));
        }

        public SealedRecord Publish(TestParty contributor, string email, V1.EvidenceGrade grade = V1.EvidenceGrade.SeizureConfirmed)
        {
            SealedRecord record = Log.SealBy(contributor, null, summary => summary.EvidenceGrade = grade, null, new SealIdentifier(1, EvaluationOf(IdentifierOf(email)), OpensRecord: true));
            Log.Publish(record, contributor);
            return record;
        }

        public async Task<SealedRecord> PublishAsync(TestParty contributor, string email)
        {
            SealedRecord record = Publish(contributor, email);
            await Core.FollowAsync();
            return record;
        }

        public ValueTask DisposeAsync() => Core.DisposeAsync();
    }

    /// <summary>Randomness whose first 16 bytes, the first padding tag of a record, are chosen.</summary>
    private sealed class Planted(Tag tag) : RandomSource
    {
        private bool _planted;

        public override void Fill(Span<byte> destination)
        {
            if (destination.Length == Tag.Size && !_planted)
            {
                _planted = true;
                tag.CopyTo(destination);
                return;
            }

            RandomNumberGenerator.Fill(destination);
        }
    }
}
