using Gateway.Node.Cases;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Life;

/// <summary>
/// Finds what this node holds about a person or an organisation, by everything that identifies them: records of the exchange, sellers watched, shipments screened, alerts, identifiers looked up, cases. For
/// whoever answers them. Says nothing of who contributed a record, own ones included: that is not the subject's to learn here.
/// </summary>
public sealed class SubjectSearch(
    INodeStore store, NodeMatcher matcher, Screener screener, SellerBook sellers, PastShipments past, CaseSearch cases, NodeSettings settings, Func<NodeView> view, TimeProvider time)
{
    private const int MostReferences = 32;
    private const uint LongestWait = 600_000;

    /// <summary>Searches.</summary>
    /// <exception cref="RefusalException">Nothing in the request identifies anybody.</exception>
    public async Task<FindSubjectResponse> FindAsync(FindSubjectRequest request, CancellationToken cancellation)
    {
        Party party = request.Party ?? new Party();
        Refusal? fault = Translation.FaultOf(party, "party") ?? Translation.FaultOf(request.References, "references")
            ?? (request.References.Count > MostReferences ? Refusal.Invalid("SHIPMENT_TOO_LARGE", $"The request has {request.References.Count} references, more than {MostReferences}.", "references", "Ask in several requests.") : null);
        if (fault is not null) throw new RefusalException(fault);
        PreparedShipment[] asked = [screener.Prepare(Translation.ToParty(party)), screener.Prepare(new Shipment { References = { request.References } })];
        FindSubjectResponse answer = new();
        foreach (PreparedShipment prepared in asked) answer.RejectedFields.AddRange(prepared.Keys.Rejections.Select(rejection => Translation.ToMessage(rejection, "subject")));
        if (asked.All(prepared => prepared.Hashes.Length == 0 && prepared.Names.Count == 0) && answer.RejectedFields.Count == 0)
        {
            throw new RefusalException(Refusal.Invalid("NOTHING_TO_FIND", "Nothing in the request identifies anybody.", "party", "Give an identifier, or a name with a postcode or city."));
        }

        NodeView now = view();
        uint version = now.State.OprfKeys?.Version ?? 0;
        Dictionary<UInt128, SortedSet<string>> fields = FieldsOf(asked);
        foreach (UInt128 hash in fields.Keys) await AddLookedUpAsync(hash, version, fields[hash], answer, cancellation); // Before the search itself looks them up.
        foreach (PreparedShipment prepared in asked.Where(prepared => prepared.Hashes.Length > 0 || prepared.Names.Count > 0))
        {
            ScreeningResult result = await screener.DecideAfterAsync(prepared, TimeSpan.FromMilliseconds(Math.Min(request.WaitMilliseconds, LongestWait)), time, cancellation);
            answer.PendingIdentifiers += result.PendingIdentifiers;
            foreach (SimilarName similar in result.SimilarNames) answer.Records.Add(await OfNameAsync(similar, now, cancellation));
        }

        await AddRecordsAsync(fields, version, now, answer, cancellation);
        await AddHoldingsAsync(fields, answer, cancellation);
        await foreach (SubjectHolding named in cases.FindAsync(party, request.References, fields, cancellation)) answer.Holdings.Add(named);
        return answer;
    }

    private static Dictionary<UInt128, SortedSet<string>> FieldsOf(IEnumerable<PreparedShipment> asked)
    {
        Dictionary<UInt128, SortedSet<string>> fields = [];
        foreach (PreparedShipment prepared in asked)
        {
            for (int i = 0; i < prepared.Hashes.Length; i++)
            {
                if (!fields.TryGetValue(prepared.Hashes[i], out SortedSet<string>? of)) fields[prepared.Hashes[i]] = of = new SortedSet<string>(StringComparer.Ordinal);
                of.Add(prepared.Keys.Identifiers[i].Field);
            }
        }

        return fields;
    }

    private async Task AddLookedUpAsync(UInt128 hash, uint version, SortedSet<string> fields, FindSubjectResponse answer, CancellationToken cancellation)
    {
        if (await store.FindKnownAsync(version, hash, cancellation) is not { } known) return;
        answer.Holdings.Add(new SubjectHolding { Kind = SubjectHoldingKind.LookedUp, SinceDay = known.UsedDay.Number, UntilDay = known.UsedDay.Number + Forgetting.UnusedDays, MetFields = { fields } });
    }

    private async Task AddRecordsAsync(Dictionary<UInt128, SortedSet<string>> fields, uint version, NodeView now, FindSubjectResponse answer, CancellationToken cancellation)
    {
        Dictionary<int, SortedSet<string>> met = [];
        foreach ((UInt128 hash, SortedSet<string> of) in fields)
        {
            foreach (int number in matcher.Known.HitsOf(hash).ToArray()) Meet(number, of);
        }

        // Quarantined records meet nobody; the subject has a right to hear of them all the same.
        Dictionary<Tag, SortedSet<string>> tags = await TagsOfAsync(fields, version, now, cancellation);
        await foreach (NodeRecord listed in store.ListRecordsAsync(null, cancellation))
        {
            if (listed.State != NodeRecordState.Quarantined || await store.ReadRecordAsync(listed.Number, cancellation) is not { } record) continue;
            for (int at = 0; at + Tag.Size <= record.Tags.Length; at += Tag.Size)
            {
                if (tags.TryGetValue(Tag.FromBytes(record.Tags.AsSpan(at, Tag.Size)), out SortedSet<string>? of)) Meet(record.Number, of);
            }
        }

        foreach ((int number, SortedSet<string> of) in met.OrderBy(pair => pair.Key))
        {
            if (await store.ReadRecordAsync(number, cancellation) is not { State: NodeRecordState.Live or NodeRecordState.Quarantined } record) continue;
            SubjectRecord found = await DescribeAsync(record, now, cancellation);
            found.MetFields.AddRange(of);
            answer.Records.Add(found);
        }

        void Meet(int number, SortedSet<string> of)
        {
            if (!met.TryGetValue(number, out SortedSet<string>? known)) met[number] = known = new SortedSet<string>(StringComparer.Ordinal);
            known.UnionWith(of);
        }
    }

    private async Task<Dictionary<Tag, SortedSet<string>>> TagsOfAsync(Dictionary<UInt128, SortedSet<string>> fields, uint version, NodeView now, CancellationToken cancellation)
    {
        Dictionary<Tag, SortedSet<string>> tags = [];
        foreach ((UInt128 hash, SortedSet<string> of) in fields)
        {
            if (await matcher.FindEvaluationAsync(version, hash, cancellation) is not { } evaluation) continue;
            foreach (CircleKey key in now.Keyring.Keys) tags[key.PseudonymOf(evaluation).Tag] = of;
        }

        return tags;
    }

    private async Task<SubjectRecord> DescribeAsync(NodeRecord record, NodeView now, CancellationToken cancellation)
    {
        SubjectRecord found = new() { RecordId = ByteString.CopyFrom(record.Id.ToArray()), Quarantined = record.State == NodeRecordState.Quarantined, PublishedDay = (await DayOfAsync(record.Index, cancellation)).Number };
        Describe(found, record.Circle, now);
        CircleKey? key = now.Keyring.Find(record.Circle, record.Epoch);
        if (record.Item is not null && key is not null && RecordOpener.TryReopen(key, record.Id, record.Item, out UnwrappedRecord? unwrapped, out _)) found.Summary = unwrapped.Summary;
        return found;
    }

    private async Task<SubjectRecord> OfNameAsync(SimilarName similar, NodeView now, CancellationToken cancellation)
    {
        NodeRecord? record = await store.FindRecordAsync(RecordId.FromBytes(similar.RecordId.Span), cancellation);
        SubjectRecord found = new() { RecordId = similar.RecordId, Summary = similar.Summary, NameOnly = true, PublishedDay = record is null ? 0 : (await DayOfAsync(record.Index, cancellation)).Number };
        found.MetFields.Add(similar.Field);
        if (record is not null) Describe(found, record.Circle, now);
        return found;
    }

    private static void Describe(SubjectRecord found, CircleId id, NodeView now)
    {
        if (!now.State.Circles.TryGetValue(id, out NetworkCircle? circle)) return;
        (found.Circle, found.Purpose, found.LegalBasis) = (circle.Policy.Name, circle.Policy.Purpose, circle.Policy.LegalBasis);
    }

    // The log's Day at a leaf. A request comes now and then, and a log has one Day a day.
    private async Task<UtcDay> DayOfAsync(ulong index, CancellationToken cancellation)
    {
        UtcDay day = default;
        await foreach (Gateway.Storage.LoggedLeaf leaf in store.ReadStateLeavesAsync(cancellation))
        {
            if (leaf.Index > index) break;
            if (leaf.Entry is null) continue;
            Entry entry = Entry.Parser.ParseFrom(leaf.Entry);
            if (entry.ContentCase is Entry.ContentOneofCase.Day) day = new UtcDay(entry.Day.Day_);
            else if (entry.ContentCase is Entry.ContentOneofCase.Genesis) day = new UtcDay(entry.Genesis.Day);
        }

        return day;
    }

    private async Task AddHoldingsAsync(Dictionary<UInt128, SortedSet<string>> fields, FindSubjectResponse answer, CancellationToken cancellation)
    {
        Dictionary<(AlertSubject Kind, string Digest), SubjectHolding> found = [];
        await past.FlushAsync(cancellation);
        foreach ((UInt128 hash, SortedSet<string> of) in fields)
        {
            foreach (WatchedSubject seller in await sellers.FindAsync(hash, cancellation)) Add(seller, of);
            await foreach (WatchedSubject shipment in past.FindAsync(hash, cancellation)) Add(shipment, of);
        }

        answer.Holdings.AddRange(found.Values);
        if (found.Count == 0) return;
        await foreach (StoredAlert alert in store.ReadAlertsAsync(0, cancellation))
        {
            if (!found.TryGetValue((alert.Kind, Convert.ToHexString(alert.Subject)), out SubjectHolding? about)) continue;
            UtcDay raised = UtcDay.Of(alert.RaisedAt);
            SubjectHolding holding = new() { Kind = SubjectHoldingKind.Alert, Reference = about.Reference, SinceDay = raised.Number, UntilDay = raised.Number + Forgetting.UnusedDays };
            if (await store.ReadRecordAsync(alert.Record, cancellation) is { } record) holding.RecordId = ByteString.CopyFrom(record.Id.ToArray());
            answer.Holdings.Add(holding);
        }

        void Add(WatchedSubject subject, SortedSet<string> of)
        {
            bool isSeller = subject.Kind == AlertSubject.Seller;
            (AlertSubject Kind, string Digest) key = (subject.Kind, Convert.ToHexString(subject.Digest));
            if (!found.TryGetValue(key, out SubjectHolding? holding))
            {
                found[key] = holding = new SubjectHolding
                {
                    Kind = isSeller ? SubjectHoldingKind.Seller : SubjectHoldingKind.Shipment,
                    Reference = subject.Reference,
                    SinceDay = subject.Day.Number,
                    UntilDay = isSeller ? 0 : subject.Day.Number + (uint)settings.RememberedDays,
                };
            }

            holding.MetFields.AddRange(of.Except(holding.MetFields));
        }
    }
}
