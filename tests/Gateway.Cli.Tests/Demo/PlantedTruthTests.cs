using Gateway.Cli.Demo;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Cli.Tests.Demo;

public sealed class PlantedTruthTests : IDisposable
{
    private const uint Email = 1, CompanyCity = 259;

    private static readonly RecordId Named = Id(1), Other = Id(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-truth-");

    [Fact]
    public void A_planted_shipment_is_found_by_a_strong_identifier_of_the_actor_it_names()
    {
        Verdict verdict = Judge("S-1,R1-7;R2-9,CASE,,consignor_email,STRONG", Result("S-1", Hit(Named, Email)));

        Assert.True(verdict.IsGood);
        Assert.Equal(new FormCount("CASE", 1, 1), Assert.Single(verdict.Forms));
    }

    [Fact]
    public void A_planted_shipment_without_a_hit_is_a_miss()
    {
        Verdict verdict = Judge("S-1,R1-7,CASE,,consignor_email,STRONG");

        Assert.False(verdict.IsGood);
        Assert.Contains("S-1 (CASE, consignor_email): no hit", verdict.Misses);
        Assert.Equal(new FormCount("CASE", 1, 0), Assert.Single(verdict.Forms));
    }

    [Fact]
    public void A_hit_on_another_record_is_a_miss()
    {
        Verdict verdict = Judge("S-1,R1-7,CASE,,consignor_email,STRONG", Result("S-1", Hit(Other, Email)));

        Assert.Contains("not on the record of R1-7", Assert.Single(verdict.Misses), StringComparison.Ordinal);
    }

    [Fact]
    public void A_combination_is_not_enough_where_a_strong_identifier_was_planted()
    {
        Verdict verdict = Judge("S-1,R1-7,CASE,,consignor_email,STRONG", Result("S-1", Hit(Named, CompanyCity), Hit(Other, Email)));

        Assert.Contains("no strong identifier", Assert.Single(verdict.Misses), StringComparison.Ordinal);
    }

    [Fact]
    public void A_combination_is_enough_where_one_was_planted() =>
        Assert.True(Judge("S-1,R1-7,ALIAS,,consignor_name,COMPOUND", Result("S-1", Hit(Named, CompanyCity))).IsGood);

    [Fact]
    public void An_actor_whom_nobody_published_is_a_miss() =>
        Assert.Contains("no record was published under R9-1", Assert.Single(Judge("S-1,R9-1,CASE,,consignor_email,STRONG", Result("S-1", Hit(Named, Email))).Misses), StringComparison.Ordinal);

    [Fact]
    public void A_clean_shipment_flagged_by_a_strong_identifier_is_a_fault()
    {
        Verdict verdict = Judge("S-1,R1-7,CASE,,consignor_email,STRONG", Result("S-1", Hit(Named, Email)), Result("S-2", Hit(Other, CompanyCity, Email)));

        Assert.False(verdict.IsGood);
        Assert.StartsWith("S-2: ", Assert.Single(verdict.FalseStrong), StringComparison.Ordinal);
    }

    [Fact]
    public void A_clean_shipment_that_resembles_a_record_is_counted_and_no_fault()
    {
        Verdict verdict = Judge("S-1,R1-7,CASE,,consignor_email,STRONG", Result("S-1", Hit(Named, Email)), Result("S-2", Hit(Other, CompanyCity)));

        Assert.True(verdict.IsGood);
        Assert.Equal(1, verdict.OtherHits);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Verdict Judge(string planted, params ScreeningResult[] results)
    {
        string file = Path.Combine(_folder.FullName, "planted.csv");
        File.WriteAllText(file, "shipment_id,actor_references,form,detail,fields,expected\r\n" + planted + "\r\n");
        return PlantedTruth.Read(file).Judge(results, reference => reference == "R1-7" ? [Named] : []);
    }

    private static ScreeningResult Result(string shipment, params Hit[] hits)
    {
        ScreeningResult result = new() { ShipmentId = shipment, Decision = ScreeningDecision.Hit };
        result.Hits.AddRange(hits);
        return result;
    }

    private static Hit Hit(RecordId record, params uint[] types)
    {
        Hit hit = new() { RecordId = ByteString.CopyFrom(record.ToArray()) };
        hit.Reasons.AddRange(types.Select(type => new Reason { IdentifierType = type, Text = $"met type {type}" }));
        hit.Reasons.Add(new Reason { Text = "the record is recent" });
        return hit;
    }

    private static RecordId Id(byte value)
    {
        byte[] bytes = new byte[32];
        bytes[0] = value;
        return RecordId.FromBytes(bytes);
    }
}
