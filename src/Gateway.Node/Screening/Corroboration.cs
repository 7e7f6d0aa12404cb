using System.Globalization;
using Gateway.Protocol;

namespace Gateway.Node.Screening;

/// <summary>A record met, as far as it confirms others.</summary>
/// <param name="Circle">Its circle: sources of different circles cannot be compared.</param>
/// <param name="Exonerates">Whether it speaks for the party, as an authorised trader's does: it confirms no accusation, and none confirms it.</param>
/// <param name="MayConfirm">Whether it may confirm others: a disputed one may not.</param>
/// <param name="Sources">For each identifier met: which, and the source that the record gives it. Equal sources of one identifier are one contributor's.</param>
public sealed record MetRecord(CircleId Circle, bool Exonerates, bool MayConfirm, IReadOnlyList<(int Identifier, string Source)> Sources);

/// <summary>
/// Counts independent contributors (protocol §7). Pure. Only records that were met by the same identifier are compared, because only there do sources tell contributors apart; of several identifiers
/// the best count stands, so what is shown is never more than there are. What one contributor says twice counts once.
/// </summary>
public static class Corroboration
{
    /// <summary>How many distinct contributors say what a record says, its own counted: at least 1.</summary>
    /// <param name="records">All records met, in any order.</param>
    /// <param name="of">Place of the record.</param>
    public static uint Of(IReadOnlyList<MetRecord> records, int of)
    {
        ArgumentNullException.ThrowIfNull(records);
        MetRecord record = records[of];
        int most = 1;
        foreach (IGrouping<int, string> own in record.Sources.GroupBy(source => source.Identifier, source => source.Source))
        {
            HashSet<string> sources = new(own, StringComparer.Ordinal);

            // Of one contributor, whatever marks it has put: a record does not confirm itself.
            int itself = sources.Count;
            foreach (MetRecord other in records)
            {
                if (ReferenceEquals(other, record) || other.Circle != record.Circle || other.Exonerates != record.Exonerates || !other.MayConfirm) continue;
                sources.UnionWith(other.Sources.Where(source => source.Identifier == own.Key).Select(source => source.Source));
            }

            most = Math.Max(most, 1 + sources.Count - itself);
        }

        return (uint)most;
    }

    /// <summary>What a hit says of it; null where nobody else confirms the record.</summary>
    public static string? SentenceOf(uint sources) => sources < 2 ? null : string.Create(CultureInfo.InvariantCulture, $"Confirmed by {sources} independent sources of the circle");
}
