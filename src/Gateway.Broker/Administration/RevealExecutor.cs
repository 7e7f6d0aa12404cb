using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Administration;

/// <summary>Traces a record to its contributor. The entry that says so stands in the log before anybody is given the answer; few are traced a day, whatever operators agree.</summary>
internal sealed class RevealExecutor(IBrokerStore store, LogReader reader, int perDay, TimeProvider time) : IChangeExecutor
{
    private const int LongestReference = 512;

    public Change.KindOneofCase Kind => Change.KindOneofCase.Reveal;

    public async ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation)
    {
        RevealChange reveal = change.Reveal;
        if (reveal.Reason is <= RevealReason.Unspecified or > RevealReason.Dispute) return Refusal.Invalid("REASON_INVALID", "The change names no reason of the protocol.", "reason", "Name one of the reasons.");
        if (string.IsNullOrWhiteSpace(reveal.CaseReference) || System.Text.Encoding.UTF8.GetByteCount(reveal.CaseReference) > LongestReference)
        {
            return Refusal.Invalid("CASE_REFERENCE_INVALID", $"A reveal states a case of 1 to {LongestReference} bytes.", "case_reference", "Name the order, the dispute or the reports that ask for it.");
        }

        return await FindAsync(reveal, cancellation).ConfigureAwait(false) is null
            ? Refusal.NotFound("RECORD_UNKNOWN", "There is no such record in the log.", "record_id", "Check the id.")
            : null;
    }

    public async ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation)
    {
        DateTimeOffset since = time.GetUtcNow().AddDays(-1);
        if (await store.Changes.CountExecutedAsync(Kind, since, cancellation).ConfigureAwait(false) >= perDay)
        {
            throw new RefusalException(Refusal.Exhausted("REVEALS_EXHAUSTED", $"{perDay} records have been traced in 24 hours already.", "reveals per day", "Try again tomorrow, or change revealsPerDay in broker.json; the log shows every reveal."));
        }

        PublishedRecord record = (await FindAsync(change.Reveal, cancellation).ConfigureAwait(false))!;
        ContributorProof proof = await ProveAsync(record, state, cancellation).ConfigureAwait(false);
        return new ChangeEffect
        {
            Entries = [new Entry { Reveal = new Reveal { RecordId = change.Reveal.RecordId, Reason = change.Reveal.Reason } }],
            Answer = response => response.Contributor = proof,
        };
    }

    private async ValueTask<PublishedRecord?> FindAsync(RevealChange reveal, CancellationToken cancellation) =>
        RecordId.TryFromBytes(reveal.RecordId.Span, out RecordId id) ? await store.FindRecordAsync(id, cancellation).ConfigureAwait(false) : null;

    private async ValueTask<ContributorProof> ProveAsync(PublishedRecord record, NetworkState state, CancellationToken cancellation)
    {
        ProvenEntry published = await ProveAsync(record.Index, cancellation).ConfigureAwait(false);
        RecordPublished entry = Entry.Parser.ParseFrom(published.Receipt.Entry).RecordPublished;
        return new ContributorProof
        {
            RecordId = entry.RecordId,
            Issuance = entry.Issuance,
            Salt = UnsafeByteOperations.UnsafeWrap(record.IssuanceSalt),
            MemberId = ByteString.CopyFrom(record.Contributor.ToArray()),
            RecordPk = entry.RecordPk,
            MemberSignature = UnsafeByteOperations.UnsafeWrap(record.MemberSignature),
            Genesis = (await ProveAsync(0, cancellation).ConfigureAwait(false)).Receipt.Entry,
            Record = published,
            Member = await ProveAsync(await FindJoiningAsync(record.Contributor, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false),
        };
    }

    private async ValueTask<ulong> FindJoiningAsync(MemberId member, CancellationToken cancellation)
    {
        await foreach (LoggedLeaf leaf in store.ReadStateLeavesAsync(cancellation).ConfigureAwait(false))
        {
            Entry entry = Entry.Parser.ParseFrom(leaf.Entry);
            if (entry.ContentCase == Entry.ContentOneofCase.MemberJoined && Statements.TryRead(entry.MemberJoined, MemberJoined.Parser, out MemberJoined? joined) && joined.MemberId.Span.SequenceEqual(member.ToArray())) return leaf.Index;
        }

        throw new StoreCorruptException("leaves", $"the entry by which member {member.Prefix} joined");
    }

    private async ValueTask<ProvenEntry> ProveAsync(ulong index, CancellationToken cancellation)
    {
        LogReceipt receipt = await reader.ReceiptOfAsync(index, cancellation).ConfigureAwait(false);
        BrokerLeaf leaf = (await store.ReadLeafAsync(index, cancellation).ConfigureAwait(false))!;
        return new ProvenEntry { Receipt = receipt.ToMessage(), LeafData = UnsafeByteOperations.UnsafeWrap(leaf.LeafData) };
    }
}
