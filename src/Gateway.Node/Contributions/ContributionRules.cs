using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>A contribution that may be taken.</summary>
/// <param name="Circle">The circle it goes to.</param>
/// <param name="Contribution">The contribution, complete: its expiry is set.</param>
/// <param name="Keys">Its identifiers, and the fields that were left out.</param>
public sealed record AcceptedContribution(NetworkCircle Circle, V1.Contribution Contribution, DerivedKeys Keys);

/// <summary>What a contribution must be before it is put into the outbox. Every refusal names the field.</summary>
public sealed class ContributionRules(MemberId member, TimeProvider time)
{
    private const int LongestReference = 128;
    private const int LongestName = 500;
    private const int MostAliases = 64;

    /// <summary>Judges a contribution.</summary>
    /// <param name="contribution">As the person or system sent it.</param>
    /// <param name="state">The network as this node knows it.</param>
    /// <param name="refusal">Why it cannot be taken.</param>
    public AcceptedContribution? Judge(V1.Contribution contribution, NetworkState state, out Refusal? refusal)
    {
        NetworkCircle? circle = state.FindCircle(contribution.Circle);
        refusal = FaultOfCircle(circle, contribution.Circle, state) ?? FaultOfForm(contribution);
        if (refusal is not null) return null;

        V1.Contribution complete = contribution.Clone();
        UtcDay today = UtcDay.Of(time.GetUtcNow());
        UtcDay last = today.AddDays(circle!.Policy.MaximumRetentionDays);
        if (complete.Summary.ExpiryDay == 0) complete.Summary.ExpiryDay = last.Number;
        complete.Summary.ReplyPk = Google.Protobuf.ByteString.Empty;
        refusal = FaultOfSummary(complete.Summary, circle.Policy, today, last);
        if (refusal is not null) return null;

        DerivedKeys keys = KeysIn(complete);
        if (keys.Identifiers.Count == 0)
        {
            string why = keys.Rejections.Count == 0 ? "nothing in it identifies anybody" : keys.Rejections[0].Message;
            refusal = Refusal.Invalid("NOTHING_IDENTIFIES", $"The case cannot be found by anything: {why}.", "subject", "Give at least one identifier, or the name with an address.");
            return null;
        }

        return new AcceptedContribution(circle, complete, keys);
    }

    /// <summary>What the policy in force says against a case that was taken earlier, or null. Judged again when it is sealed.</summary>
    public Refusal? FaultNow(V1.Contribution contribution, CircleId circleId, NetworkState state)
    {
        NetworkCircle? circle = state.Circles.GetValueOrDefault(circleId);
        UtcDay today = UtcDay.Of(time.GetUtcNow());
        return FaultOfCircle(circle, contribution.Circle, state) ?? FaultOfSummary(contribution.Summary, circle!.Policy, today, today.AddDays(circle.Policy.MaximumRetentionDays));
    }

    /// <summary>The identifiers of a contribution: its subject's and those of its shipments.</summary>
    public static DerivedKeys KeysIn(V1.Contribution contribution)
    {
        Party party = Translation.ToParty(contribution.Subject ?? new V1.Party());
        DerivedKeys keys = KeysOf.Of(
            new Shipment { Id = "", Parties = [(PartyRole.Unknown, party)], References = [.. contribution.References.Select(Translation.ToStated)] },
            ScreeningScope.AllParties);
        return keys with { Identifiers = WithinSlots(keys.Identifiers) };
    }

    // A person with a birth date and many names has more keys than a record has slots. The keys by birth date and street go first: each finds little that the others do not.
    private static List<DerivedIdentifier> WithinSlots(IReadOnlyList<DerivedIdentifier> identifiers)
    {
        List<DerivedIdentifier> kept = [.. identifiers];
        int slots = kept.Count(key => key.Identifier.Class != IdentifierClass.Name);
        for (int i = kept.Count - 1; i >= 0 && slots > RecordFormat.SlotCounts[^1]; i--)
        {
            if (kept[i].Identifier.Type is < IdentifierType.PersonNameBirthDate or > IdentifierType.NameInitialStreet) continue;
            kept.RemoveAt(i);
            slots--;
        }

        return kept;
    }

    private Refusal? FaultOfCircle(NetworkCircle? circle, string name, NetworkState state)
    {
        if (circle is null || !circle.Members.Contains(member))
        {
            return Refusal.Denied("CIRCLE_NOT_JOINED", $"This member is not in a circle called '{name}'.", "circle", "See `gateway circle list` for the circles it is in.");
        }

        if (circle.CurrentEpoch is null) return Refusal.Precondition("CIRCLE_WITHOUT_KEY", "The circle has no key yet.", $"circle {name}", "Wait until its steward's node and a second member's node have run.");
        if (!circle.IsOpenOn(UtcDay.Of(time.GetUtcNow())))
        {
            return Refusal.Denied("CIRCLE_CLOSED", "The circle exchanges records only on the days of its policy, and today is none of them.", $"circle {name}", "See the circle's days with `gateway circle show`.");
        }

        return circle.MayPublish(state.Members[member])
            ? null
            : Refusal.Denied("CIRCLE_READ_ONLY", $"Members with the role {state.Members[member].Role} may not publish in this circle.", $"circle {name}", "Ask the circle's steward to change the policy.");
    }

    private static Refusal? FaultOfForm(V1.Contribution contribution)
    {
        if (contribution.Reference.Length is 0 or > LongestReference) return Refusal.Invalid("REFERENCE_INVALID", $"The reference is empty or longer than {LongestReference} characters.", "reference", "Give your own short reference of the case.");
        if (contribution.Summary is null) return Refusal.Invalid("SUMMARY_INVALID", "The contribution has no summary.", "summary", "See the columns of the file in docs/formats.md.");
        if (contribution.Subject is null || contribution.Subject.Name.Length == 0) return Refusal.Invalid("NAME_MISSING", "The subject has no name.", "name", "Give the name in full.");
        if (contribution.Subject.Name.Length > LongestName || contribution.Subject.Aliases.Any(alias => alias.Length > LongestName))
        {
            return Refusal.Invalid("NAME_TOO_LONG", $"A name is longer than {LongestName} characters.", "name", "Give the name alone; a description does not belong here.");
        }

        if (contribution.Subject.Aliases.Count > MostAliases) return Refusal.Invalid("TOO_MANY_ALIASES", $"The subject has {contribution.Subject.Aliases.Count} aliases, more than {MostAliases}.", "aliases", "Give the ones in use.");
        return Translation.FaultOf(contribution.Subject, "subject") ?? Translation.FaultOf(contribution.References, "references");
    }

    private static Refusal? FaultOfSummary(V1.Summary summary, V1.CirclePolicy policy, UtcDay today, UtcDay last)
    {
        if (SummaryRules.FirstFault(summary) is { } fault)
        {
            string field = fault[..fault.IndexOf(':', StringComparison.Ordinal)];
            return Refusal.Invalid("SUMMARY_INVALID", $"{fault}.", field, "See the columns of the file in docs/formats.md.");
        }

        if (policy.MinimumEvidenceGrade != V1.EvidenceGrade.Unspecified && summary.EvidenceGrade > policy.MinimumEvidenceGrade)
        {
            return Refusal.Invalid("EVIDENCE_TOO_WEAK", $"The circle takes evidence of {policy.MinimumEvidenceGrade} or better.", "evidence_grade", "Wait for better evidence, or use another circle.");
        }

        if (summary.ExpiryDay < today.Number) return Refusal.Invalid("EXPIRY_PAST", $"The expiry lies before {today}.", "expiry_day", "Give a later day, or none for the longest time.");
        return summary.ExpiryDay > last.Number
            ? Refusal.Invalid("EXPIRY_TOO_LATE", $"The circle keeps records until {last} at most.", "expiry_day", "Give an earlier day, or none for the longest time.")
            : null;
    }
}
