using System.Runtime.CompilerServices;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Matching.Text;
using Gateway.Node.Identity;
using Gateway.Node.Screening;
using Gateway.Protocol;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>Finds somebody in what the cases of this node say: among the identifiers disclosed, those of messages handed on too, in texts, and in the names of files. What is in the files it does not read.</summary>
public sealed class CaseSearch(CaseReader reader, Screener screener, NodeSettings settings)
{
    private const string NameField = "name";

    /// <summary>Finds the messages that name a party.</summary>
    /// <param name="party">The party as it was stated.</param>
    /// <param name="references">Identifiers stated without a party.</param>
    /// <param name="fields">What the request's identifiers hash to, and by which of its fields.</param>
    /// <param name="cancellation">Ends the search.</param>
    public async IAsyncEnumerable<V1.SubjectHolding> FindAsync(
        V1.Party party, IReadOnlyCollection<V1.StatedIdentifier> references, IReadOnlyDictionary<UInt128, SortedSet<string>> fields, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach ((V1.CaseLine of, V1.CaseMessageLine message) in reader.ReadTextsAsync(cancellation))
        {
            SortedSet<string> met = new(StringComparer.Ordinal);
            MeetIdentifiers(message, fields, met);
            FreeText said = new(string.Join('\n', [message.Text, .. message.Referred.Select(one => one.Text), .. message.Attachments.Select(file => file.Name), .. Disclosed(message).Select(one => one.Value)]));
            foreach (V1.StatedIdentifier stated in party.Identifiers.Concat(references))
            {
                if (said.Has(stated.Value, (IdentifierType)stated.Type)) met.Add(FieldNames.Of((IdentifierType)stated.Type));
            }

            foreach (string name in party.Aliases.Prepend(party.Name))
            {
                if (name.Length > 0 && said.Names(name, (PartyKind)party.Kind)) met.Add(NameField);
            }

            if (met.Count == 0) continue;
            yield return new V1.SubjectHolding
            {
                Kind = V1.SubjectHoldingKind.Case,
                Reference = $"case {of.CaseId}",
                MessageId = message.MessageId,
                RecordId = of.RecordId,
                SinceDay = DayOf(message.At),
                UntilDay = DayOf(of.ChangedAt) + (uint)settings.KeptCaseDays,
                MetFields = { met },
            };
        }
    }

    private void MeetIdentifiers(V1.CaseMessageLine message, IReadOnlyDictionary<UInt128, SortedSet<string>> fields, SortedSet<string> met)
    {
        V1.Party disclosed = new() { Identifiers = { Disclosed(message).Select(one => new V1.StatedIdentifier { Type = one.Type, Value = one.Value }) } };
        if (disclosed.Identifiers.Count == 0) return;
        foreach (UInt128 hash in screener.Prepare(Translation.ToParty(disclosed)).Hashes)
        {
            if (fields.TryGetValue(hash, out SortedSet<string>? of)) met.UnionWith(of);
        }
    }

    private static IEnumerable<V1.CaseIdentifier> Disclosed(V1.CaseMessageLine message) => message.Identifiers.Concat(message.Referred.SelectMany(one => one.Identifiers));

    private static uint DayOf(long seconds) => UtcDay.Of(DateTimeOffset.FromUnixTimeSeconds(seconds)).Number;
}
