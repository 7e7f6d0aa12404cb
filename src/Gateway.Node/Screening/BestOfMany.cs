using System.Collections.Concurrent;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;
using Gateway.Node.Matching;
using Gateway.Protocol;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>The records of a stop value that are opened.</summary>
/// <param name="Records">Their numbers, the best first.</param>
/// <param name="Unranked">How many others have not been looked at yet; later shipments go on with them.</param>
internal sealed record BestRecords(int[] Records, int Unranked);

/// <summary>
/// Of an identifier with more records than can mean one party, chooses those to open: the ones whose summary leads furthest, not the first or the newest. So a member who fills an
/// identifier with records of its own hides nobody else's: to push a record out it must publish a hundred that lead at least as far, and then those are met in its place.
/// </summary>
internal sealed class BestOfMany(HitOpener opener, NodeMatcher matcher, Scorer scorer, TimeProvider time)
{
    /// <summary>Records opened of one identifier.</summary>
    public const int Most = 100;

    // About 0.1 s of opening items for the one shipment that comes first after the records.
    private const int MostRankedAtOnce = 2_000;

    // By number, for good: a record's summary never changes. One that cannot be read now stays unranked and is asked for again.
    private readonly ConcurrentDictionary<int, double> _ranks = new();
    private readonly ConcurrentDictionary<UInt128, (long Generation, BestRecords Best)> _chosen = new();

    /// <summary>Chooses among the records of a stop value.</summary>
    /// <param name="hash">The identifier's local hash.</param>
    /// <param name="cancellation">Ends the opening.</param>
    public async ValueTask<BestRecords> OfAsync(UInt128 hash, CancellationToken cancellation)
    {
        long generation = matcher.Generation;
        if (_chosen.TryGetValue(hash, out (long Generation, BestRecords Best) earlier) && earlier.Generation == generation && earlier.Best.Unranked == 0) return earlier.Best;
        int[] records = matcher.Known.HitsOf(hash).ToArray();
        int left = MostRankedAtOnce;

        // The newest first: what has just come is what a member wants to know.
        for (int i = records.Length - 1; i >= 0 && left > 0; i--)
        {
            if (_ranks.ContainsKey(records[i])) continue;
            left--;
            if (await opener.ReadAsync(records[i], cancellation) is (_, { } record)) _ranks[records[i]] = RankOf(record.Summary);
        }

        (int Record, double Rank)[] ranked = [.. records.Where(_ranks.ContainsKey).Select(record => (record, _ranks[record]))];
        int[] best = [.. ranked.OrderByDescending(one => one.Rank).ThenByDescending(one => one.Record).Take(Most).Select(one => one.Record)];
        BestRecords chosen = new(best, records.Length - ranked.Length);
        _chosen[hash] = (generation, chosen);
        return chosen;
    }

    // By the lane it leads to when met by the strongest kind of identifier, then by its bits; without the goods, which differ from shipment to shipment.
    private double RankOf(V1.Summary summary)
    {
        Assessment alone = scorer.Assess(new ShipmentFacts { Day = UtcDay.Of(time.GetUtcNow()).Number }, new RecordMatch(Translation.FactsOf(summary), [new Evidence(PartyRole.Consignor, "", IdentifierType.Email)]));
        return ((int)alone.Lane * 1_000_000) + alone.Bits;
    }
}
