using System.Security.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;
using Gateway.Node.Screening;
using Gateway.Node.Tests.Building;
using Gateway.Node.Tests.Watch;
using Gateway.Protocol;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Screening;

/// <summary>Names compared by their words, and what of it is remembered.</summary>
public sealed class NameSimilarityTests
{
    private const string Listed = "Bestshoe Quanzhou Footwear", Elsewhere = "Kolibri Andenwolle";

    [Fact]
    public async Task A_comparison_stands_until_a_record_with_one_of_the_names_words_comes_or_goes()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now(), policy: policy => policy.NameMatching = V1.NameMatching.FuzzyAll);
        PreparedShipment prepared = Prepare(desk, Listed);
        await LearnAsync(desk, Listed);
        Assert.Empty((await DecideAsync(desk, prepared)).SimilarNames);
        Compared first = Assert.Single(prepared.Names).Earlier!;
        await PublishAsync(desk, Elsewhere);
        Assert.Empty((await DecideAsync(desk, prepared)).SimilarNames);
        Assert.Same(first, prepared.Names[0].Earlier);

        SealedRecord record = await PublishAsync(desk, Listed);
        Assert.Equal(record.Submission.RecordId, Assert.Single((await DecideAsync(desk, prepared)).SimilarNames).RecordId);
        Assert.NotSame(first, prepared.Names[0].Earlier);
        desk.Log.Withdraw(record);
        await desk.Core.FollowAsync();
        Assert.Empty((await DecideAsync(desk, prepared)).SimilarNames);
    }

    [Fact]
    public async Task A_member_that_leaves_the_circle_is_shown_no_similar_name_out_of_memory()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now(), policy: policy => policy.NameMatching = V1.NameMatching.FuzzyAll);
        PreparedShipment prepared = Prepare(desk, Listed);
        await LearnAsync(desk, Listed);
        await PublishAsync(desk, Listed);
        Assert.Single((await DecideAsync(desk, prepared)).SimilarNames);
        desk.Log.Add(new V1.Entry { MemberExpelled = new V1.MemberExpelled { MemberId = Google.Protobuf.ByteString.CopyFrom(desk.Core.Party.Id.ToArray()), Reason = V1.MembershipReason.RulesBroken } });
        await desk.Core.FollowAsync();
        Assert.Empty((await DecideAsync(desk, prepared)).SimilarNames);
    }

    [Theory]
    [InlineData("Bestshoe Quanzhou Footwear Co., Ltd.")]
    [InlineData("晋江伟业鞋材有限公司")]
    [InlineData("Общество Ромашка")]
    [InlineData("A")]
    public async Task The_hashes_of_a_name_are_those_of_its_identifiers(string name)
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now(), policy: policy => policy.NameMatching = V1.NameMatching.FuzzyAll);
        HashSet<UInt128> expected = [.. NameKeys.Of(name, PartyKind.Organisation).Identifiers.Select(desk.Core.Cache.HashOf)];
        UInt128[] hashes = [.. Prepare(desk, name).Names.SelectMany(one => one.Hashes.ToArray())];
        Assert.Equal(expected, hashes.ToHashSet());
        Assert.Equal(expected.Count, hashes.Length);
    }

    private static PreparedShipment Prepare(WatchDesk desk, string name) => desk.Screener.Prepare(new Shipment { Id = "S1", Parties = [(PartyRole.Consignor, new Party { Kind = PartyKind.Organisation, Name = name })] });

    private static Task<V1.ScreeningResult> DecideAsync(WatchDesk desk, PreparedShipment prepared) => desk.Screener.DecideAsync(prepared, CancellationToken.None).AsTask();

    private static async Task LearnAsync(WatchDesk desk, string name)
    {
        foreach (Identifier identifier in NameKeys.Of(name, PartyKind.Organisation).Identifiers) await desk.Core.LearnAsync(desk.Core.Cache.HashOf(identifier), EvaluationOf(identifier));
    }

    private static byte[] EvaluationOf(Identifier identifier) => SHA512.HashData(identifier.Encode());

    private static async Task<SealedRecord> PublishAsync(WatchDesk desk, string text)
    {
        KeyedName name = NameKeys.Of(text, PartyKind.Organisation);
        Dictionary<Identifier, byte[]> evaluations = name.Identifiers.ToDictionary(identifier => identifier, EvaluationOf);
        SealedRecord record = new RecordSealer(Gateway.Cryptography.RandomSource.System).Seal(new SealRequest
        {
            Circle = desk.Log.Circle,
            OprfVersion = 1,
            Member = desk.Log.Second.Id,
            Keys = desk.Log.Second.Keys,
            Summary = new V1.Summary { Kind = V1.RecordKind.BadActor, EvidenceGrade = V1.EvidenceGrade.SeizureConfirmed, Severity = V1.Severity.High, ExpiryDay = UtcDay.Of(desk.Core.Time.GetUtcNow()).AddDays(300).Number },
            Identifiers = [new SealIdentifier(1, RandomNumberGenerator.GetBytes(64), OpensRecord: true), .. evaluations.Select(pair => new SealIdentifier((ushort)pair.Key.Type, pair.Value, OpensRecord: false))],
            LayOutNames = placeOf => [LayOut(NameLayout.Of(name, identifier => placeOf(evaluations[identifier])))],
            FillBody = (body, _) => body.SubjectKind = V1.SubjectKind.Organisation,
        });
        desk.Log.Publish(record, desk.Log.Second);
        await desk.Core.FollowAsync();
        return record;
    }

    private static V1.NameLayout LayOut(NameLayout name)
    {
        V1.NameLayout layout = new();
        foreach (WordLayout word in name.Words)
        {
            V1.WordLayout laid = new() { Exact = (uint)word.Exact };
            laid.Skeletons.AddRange(word.Skeletons.Distinct().Select(place => (uint)place));
            laid.Deletions.AddRange(word.Deletions.Distinct().Select(place => (uint)place));
            layout.Words.Add(laid);
        }

        return layout;
    }
}
