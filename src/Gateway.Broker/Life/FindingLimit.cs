using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Life;

/// <summary>
/// How many findings about digests are kept. A member that states falsehoods makes as many as it likes; they count against those whom they concern, so that they push out its own and nobody else's.
/// </summary>
internal static class FindingLimit
{
    /// <summary>Findings that concern the same members.</summary>
    public const int OfSameMembers = 10;

    /// <summary>All findings.</summary>
    public const int All = 100;

    /// <summary>What is over the limits: the oldest of those about the same members, then the oldest of whom there are most.</summary>
    /// <param name="findings">What is kept, newest first.</param>
    public static IReadOnlyList<StoredFinding> SurplusOf(IReadOnlyList<StoredFinding> findings)
    {
        List<StoredFinding> surplus = [];
        List<List<StoredFinding>> kept = [];
        foreach (IGrouping<string, StoredFinding> about in findings.GroupBy(Concerned, StringComparer.Ordinal))
        {
            surplus.AddRange(about.Skip(OfSameMembers));
            kept.Add([.. about.Take(OfSameMembers)]);
        }

        for (int count = kept.Sum(about => about.Count); count > All; count--)
        {
            List<StoredFinding> most = kept.OrderByDescending(about => about.Count).ThenBy(about => about[^1].FoundAt).First();
            surplus.Add(most[^1]);
            most.RemoveAt(most.Count - 1);
            if (most.Count == 0) kept.Remove(most);
        }

        return surplus;
    }

    // Those who state another digest than most; where no digest is stated by most, all of them.
    private static string Concerned(StoredFinding stored)
    {
        IGrouping<ByteString, StatedDigest>[] ranked = [.. DigestFinding.Parser.ParseFrom(stored.Finding).Stated.GroupBy(stated => stated.Digest).OrderByDescending(group => group.Count())];
        bool isTie = ranked.Length > 1 && ranked[0].Count() == ranked[1].Count();
        return string.Join(' ', ranked.Skip(isTie ? 0 : 1).SelectMany(group => group).Select(stated => Convert.ToHexStringLower(stated.MemberId.Span)).Order(StringComparer.Ordinal));
    }
}
