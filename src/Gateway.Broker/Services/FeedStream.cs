using Gateway.Broker.Observation;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>
/// One reader of the log. It reads from the store at its own pace, so a slow one costs the broker a page of memory; at the log's end it shares what was read with the others. Everybody gets every leaf's data. Entries: the network-wide
/// ones, and those under an epoch whose key the member was given below the leaf, or below the size it has read already, unless it had been removed by then; whatever its role (a contributor
/// checks its own entries). Items: where the policy then let the member's role read, and the contributor's own. An evaluator (no member) is shown network-wide entries only.
/// </summary>
internal sealed class FeedStream(NetworkView view, IBrokerStore store, LogSignal signal, RecentBatches recent, FeedActivity feeds, MemberId? reader, IServerStreamWriter<FollowResponse> responses, ServerCallContext context)
{
    /// <summary>Leaves in one batch, unless a single commit has more.</summary>
    private const ulong MaximumBatch = 2_000;

    /// <summary>Leaves before the end from which a reader is one of many that ask for the same.</summary>
    private const ulong NearTheEnd = 256;

    /// <summary>Bytes in one message, unless a single leaf has more: what a reader that stalls holds of the broker's memory, a few times over.</summary>
    private const int MaximumMessage = 48 * 1_024;

    /// <summary>Leaf data, salt, indexes and tags around an entry and an item.</summary>
    private const int LeafOverhead = 128;

    public async Task RunAsync(ulong from, ulong stateSize, CancellationToken cancellation)
    {
        if (stateSize > signal.Size) throw Shorter(stateSize, "state_size");
        if (from > signal.Size) throw Shorter(from, "from_index");

        // At once, so that a reader who has the whole log knows that it is being served, though there may be nothing to send for hours.
        await context.WriteResponseHeadersAsync([]).ConfigureAwait(false);
        using FeedActivity.OpenFeed feed = feeds.Open(reader, from);
        while (true)
        {
            // Never past the announced size: the store may hold a commit whose state the view does not have yet, and a member just admitted would miss its first entries.
            await signal.WaitBeyondAsync(from, cancellation).ConfigureAwait(false);
            ulong size = signal.Size, most = Math.Min(MaximumBatch, size - from);
            RecentBatch? shared = size - from <= NearTheEnd ? await recent.ReadAsync(from, size, most).WaitAsync(cancellation).ConfigureAwait(false) : null;
            LogHead end = shared?.End ?? await store.ReadBatchEndAsync(from, most, cancellation).ConfigureAwait(false)
                ?? throw new StoreCorruptException("checkpoints", $"after {from}");
            await SendBatchAsync(from, stateSize, end, shared?.Leaves.ToAsyncEnumerable() ?? store.ReadLeavesAsync(from, end.Size, cancellation), cancellation).ConfigureAwait(false);
            from = end.Size;
            feed.Sent(from, signal.Size);
        }
    }

    private async Task SendBatchAsync(ulong from, ulong stateSize, LogHead end, IAsyncEnumerable<BrokerLeaf> leaves, CancellationToken cancellation)
    {
        FollowResponse message = new() { FirstIndex = from };
        int size = 0;
        ulong next = from;
        await foreach (BrokerLeaf leaf in leaves.WithCancellation(cancellation).ConfigureAwait(false))
        {
            FeedLeaf shown = await ShowAsync(leaf, stateSize, cancellation).ConfigureAwait(false);
            int cost = LeafOverhead + shown.Entry.Length + shown.Item.Length;
            if (size + cost > MaximumMessage && message.Leaves.Count > 0)
            {
                await responses.WritePatientlyAsync(message, cancellation).ConfigureAwait(false);
                message = new FollowResponse { FirstIndex = next };
                size = 0;
            }

            message.Leaves.Add(shown);
            size += cost;
            next++;
        }

        if (next != end.Size) throw new StoreCorruptException("leaves", next.ToString(System.Globalization.CultureInfo.InvariantCulture));
        message.Checkpoint = UnsafeByteOperations.UnsafeWrap(end.Note);
        await responses.WritePatientlyAsync(message, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<FeedLeaf> ShowAsync(BrokerLeaf leaf, ulong stateSize, CancellationToken cancellation)
    {
        FeedLeaf shown = new() { LeafData = UnsafeByteOperations.UnsafeWrap(leaf.LeafData) };
        NetworkState state = view.Current;
        NetworkMember? member = null;
        if (reader is { } id && !state.Members.TryGetValue(id, out member)) return shown;
        if (leaf.Circle is { } circle && (reader is not { } holder || !view.History.HoldsKey(circle, leaf.Epoch, holder, leaf.Index, stateSize))) return shown;
        shown.Entry = UnsafeByteOperations.UnsafeWrap(leaf.Entry);
        shown.Salt = UnsafeByteOperations.UnsafeWrap(leaf.Salt);
        shown.WithdrawnAt = leaf.WithdrawnAt ?? 0;
        if (member is not null && leaf is { Item: { } item, Circle: { } itemCircle }
            && (view.History.PolicyAt(itemCircle, Math.Max(leaf.Index, stateSize))?.ReadingRoles.Contains(member.Role) == true || await IsOwnAsync(leaf, cancellation).ConfigureAwait(false)))
        {
            shown.Item = UnsafeByteOperations.UnsafeWrap(item);
        }

        return shown;
    }

    private RefusalException Shorter(ulong asked, string field) =>
        new(Refusal.DataLoss("LOG_SHORTER", $"The log has {signal.Size} leaves; leaf {asked} was asked for.", field, "Keep the checkpoints you hold: the broker shows an older log than it did before."));

    private async ValueTask<bool> IsOwnAsync(BrokerLeaf leaf, CancellationToken cancellation)
    {
        RecordId id = RecordId.FromBytes(Entry.Parser.ParseFrom(leaf.Entry).RecordPublished.RecordId.Span);
        return (await store.FindRecordAsync(id, cancellation).ConfigureAwait(false))?.Contributor == reader;
    }
}
