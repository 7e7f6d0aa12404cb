using Gateway.Matching.Index;
using Gateway.Node.Matching;

namespace Gateway.Node.Screening;

/// <summary>Which records identifiers bring up.</summary>
/// <param name="ByRecord">Places of identifiers by the record's number.</param>
/// <param name="OfStopValues">Places of stop values, with what was chosen among their records.</param>
internal readonly record struct Meetings(Dictionary<int, List<int>> ByRecord, List<(int Place, BestRecords Best)> OfStopValues);

/// <summary>The one place that tells which records identifiers bring up.</summary>
internal sealed class MeetingFinder(NodeMatcher matcher, BestOfMany bestOfMany)
{
    /// <summary>Finds them.</summary>
    /// <param name="hashes">The identifiers' local hashes.</param>
    /// <param name="states">What is known of each; brought up to date where its hits have gone in between.</param>
    /// <param name="cancellation">Ends the search.</param>
    public async ValueTask<Meetings> FindAsync(UInt128[] hashes, KnownState[] states, CancellationToken cancellation)
    {
        Meetings meetings = new([], []);
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i] == KnownState.Hit)
            {
                ReadOnlySpan<int> records = matcher.Known.HitsOf(hashes[i]);
                Meet(records, i);

                // The hits may have gone between the look-up and here, and the identifier with them.
                if (records.IsEmpty) states[i] = matcher.Known.Find(hashes[i]);
            }

            if (states[i] != KnownState.StopValue) continue;
            BestRecords best = await bestOfMany.OfAsync(hashes[i], cancellation);
            meetings.OfStopValues.Add((i, best));
            Meet(best.Records, i);
        }

        return meetings;

        void Meet(ReadOnlySpan<int> records, int identifier)
        {
            foreach (int record in records) (meetings.ByRecord.TryGetValue(record, out List<int>? met) ? met : meetings.ByRecord[record] = []).Add(identifier);
        }
    }
}
