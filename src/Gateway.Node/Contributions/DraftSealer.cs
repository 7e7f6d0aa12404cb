using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Node.Feed;
using Gateway.Node.Life;
using Gateway.Node.Matching;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>Turns drafts that are due into sealed records: opens them, has their identifiers evaluated, seals, stores.</summary>
public sealed class DraftSealer(
    Outbox outbox, INodeStore store, KnownCache cache, Pseudonymiser pseudonymiser, RecordSealer sealer, ReleaseSchedule schedule, ContributionRules rules, OwnRecords own, MemberKeys keys, MemberId member, StoreAge age, PublishedBefore before, Func<NodeView> view)
{
    private const int MostDrafts = 128;

    /// <summary>Seals what is due; nothing while the store is older than the node has been, for what is a draft there may be published.</summary>
    /// <returns>Whether anything came further.</returns>
    public async Task<bool> RunAsync(CancellationToken stopping)
    {
        bool any = false;
        long after = 0;
        while (!age.IsBehind && await store.ReadOutboxAsync(OutboxState.Draft, after, MostDrafts, stopping) is { Count: > 0 } drafts)
        {
            after = drafts[^1].Id;
            OutboxRow[] due = [.. drafts.Where(IsDue)];
            if (due.Length == 0) continue;
            schedule.Shuffle(due);
            OutboxRow[] rows = await SealAsync(due, stopping);
            foreach (OutboxRow row in await AdvanceAsync(rows, stopping))
            {
                if (row.State == OutboxState.Draft) continue;
                any = true;
                schedule.Released(row);
                outbox.Tell(row);
            }

            if (any) outbox.Wake();
        }

        return any;
    }

    private async Task<IReadOnlyList<OutboxRow>> AdvanceAsync(OutboxRow[] rows, CancellationToken stopping)
    {
        try
        {
            return await store.AdvanceOutboxAsync(rows, stopping);
        }
        catch
        {
            foreach (OutboxRow row in rows.Where(row => row is { State: OutboxState.Logged, RecordId: not null })) own.Remove(row.RecordId!.Value); // Else the next attempt would not find it, and publish it again.
            throw;
        }
    }

    private bool IsDue(OutboxRow row)
    {
        NodeView now = view();
        if (!now.State.Circles.TryGetValue(row.Circle, out NetworkCircle? circle)) return false;

        // Whoever was removed from the circle is told so; nothing waits for a key that never comes.
        return now.Keyring.Newest(row.Circle) is not { } key ? !circle.Members.Contains(member) : schedule.IsDue(row, circle.Policy.ReleaseWindowSeconds, key.Epoch);
    }

    private async Task<OutboxRow[]> SealAsync(IReadOnlyList<OutboxRow> drafts, CancellationToken stopping)
    {
        // All identifiers of all drafts at once, so that the evaluators get full batches.
        (OutboxRow Row, V1.Contribution? Contribution, IReadOnlyList<Identifier> Identifiers, NameTagPlan? Names)[] open = [.. drafts.Select(Open)];
        byte[][] evaluations = await pseudonymiser.EvaluateAsync([.. open.SelectMany(draft => draft.Identifiers)], stopping);
        OutboxRow[] rows = new OutboxRow[open.Length];
        int next = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int count = open[i].Identifiers.Count;
            rows[i] = await FindPublishedAsync(open[i].Row, open[i].Contribution, open[i].Identifiers, stopping) ?? SealOne(open[i].Row, open[i].Contribution, open[i].Identifiers, open[i].Names, evaluations.AsMemory(next, count));
            next += count;
        }

        return rows;
    }

    // The outbox of a backup has as a draft what the log has as a record: it takes the record up in place of publishing it again.
    private async ValueTask<OutboxRow?> FindPublishedAsync(OutboxRow row, V1.Contribution? contribution, IReadOnlyList<Identifier> identifiers, CancellationToken stopping)
    {
        if (contribution is null || await before.FindAsync(row.Circle, contribution, identifiers, stopping) is not var (id, salt)) return null;
        own.Add(id);
        return row with { State = OutboxState.Logged, RecordSalt = salt, RecordId = id };
    }

    private (OutboxRow Row, V1.Contribution? Contribution, IReadOnlyList<Identifier> Identifiers, NameTagPlan? Names) Open(OutboxRow row)
    {
        if (row.Draft is null || !cache.TryOpenDraft(row.Draft, out byte[]? bytes)) return (row, null, [], null);
        V1.Contribution contribution = V1.Contribution.Parser.ParseFrom(bytes);
        Identifier[] identifiers = [.. ContributionRules.KeysIn(contribution).Identifiers.Select(derived => derived.Identifier).Distinct()];
        V1.NameMatching policy = view().State.Circles.TryGetValue(row.Circle, out NetworkCircle? circle) ? circle.Policy.NameMatching : V1.NameMatching.CompoundOnly;
        NameTagPlan names = NameTagPlan.Of(Screening.Translation.ToParty(contribution.Subject), policy, identifiers);
        return (row, contribution, [.. identifiers, .. names.Identifiers], names);
    }

    private OutboxRow SealOne(OutboxRow row, V1.Contribution? contribution, IReadOnlyList<Identifier> identifiers, NameTagPlan? names, ReadOnlyMemory<byte[]> evaluations)
    {
        NodeView now = view();
        if (contribution is null || names is null) return Refusals.For(row, Refusal.DataLoss("DRAFT_UNREADABLE", "The draft cannot be opened with this node's keys.", $"reference {row.Reference}", "Contribute the case again."));
        if (rules.FaultNow(contribution, row.Circle, now.State) is { } changed) return Refusals.For(row, changed); // The policy may have changed since the case was taken.
        CircleKey? circle = now.Keyring.Newest(row.Circle);
        if (circle is null) return row; // Its key comes with the log.
        List<SealIdentifier> sealable = new(identifiers.Count);
        Dictionary<Identifier, byte[]> evaluationOf = [];
        for (int i = 0; i < identifiers.Count; i++)
        {
            evaluationOf[identifiers[i]] = evaluations.Span[i];
            sealable.Add(new SealIdentifier((ushort)identifiers[i].Type, evaluations.Span[i], NameTagPlan.OpensRecord(identifiers[i].Type, names.TagsNames)));
        }

        try
        {
            SealedRecord record = sealer.Seal(new SealRequest
            {
                Circle = circle,
                OprfVersion = now.State.OprfKeys!.Version,
                Member = member,
                Keys = keys,
                Summary = contribution.Summary,
                Identifiers = sealable,
                LayOutNames = names.TagsNames ? placeOf => names.LayOut(identifier => placeOf(evaluationOf[identifier])) : null,
                FillBody = (body, textKey) => FillBody(body, contribution, textKey),
            });
            own.Add(record.Id);
            return row with { State = OutboxState.Sealed, RecordSalt = record.Salt, RecordId = record.Id, Submission = record.Submission.ToByteArray() };
        }
        catch (RefusalException refused)
        {
            return Refusals.For(row, refused.Refusal);
        }
    }

    private static void FillBody(V1.RecordBody body, V1.Contribution contribution, byte[] textKey)
    {
        V1.Party subject = contribution.Subject;
        body.SubjectKind = subject.Kind;
        body.IncidentCount = contribution.IncidentCount;
        foreach (EncodedText text in PartyTexts.Encode(Translation.ToParty(subject), textKey))
        {
            body.Texts.Add(new V1.EncodedText { Kind = (V1.EncodedTextKind)text.Kind, Clk = ByteString.CopyFrom(text.Clk.Span) });
        }
    }
}
