using System.Runtime.CompilerServices;
using Gateway.Node.Disputes;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Services;

/// <summary>The records this node holds, as lists show them.</summary>
public sealed class RecordList(INodeStore store, NodeMatcher matcher, KnownCache cache, Func<NodeView> view, DisputeBook disputes)
{
    /// <summary>Reads records newest first; the member's own from the outbox where asked for.</summary>
    /// <exception cref="RefusalException">There is no such circle.</exception>
    public async IAsyncEnumerable<RecordLine> ReadAsync(ListRecordsRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        NetworkState state = view().State;
        NetworkCircle? circle = request.Circle.Length == 0 ? null : state.FindCircle(request.Circle) ?? throw new RefusalException(Refusal.NotFound("CIRCLE_UNKNOWN", $"There is no circle called '{request.Circle}'.", "circle", "See `gateway circle list`."));
        Dictionary<RecordId, OutboxRow> own = [];
        List<OutboxRow> unsealed = [];
        await foreach (OutboxRow row in store.ListOutboxAsync(cancellation))
        {
            if (row.RecordId is { } id && row.State is not (OutboxState.Draft or OutboxState.Sealed or OutboxState.Refused)) own[id] = row;
            else unsealed.Add(row);
        }

        uint left = request.Limit == 0 ? uint.MaxValue : request.Limit;
        foreach (OutboxRow row in unsealed.Where(row => circle is null || row.Circle == circle.Id))
        {
            if (left-- == 0) yield break;
            yield return LineOf(await store.ReadOutboxRowAsync(row.Id, cancellation) ?? row, state); // Likewise without drafts.
        }

        await foreach (NodeRecord record in store.ListRecordsAsync(circle?.Id, cancellation))
        {
            own.Remove(record.Id, out OutboxRow? mine);
            if (request.Mine && mine is null) continue;
            if (left-- == 0) yield break;
            NodeRecord whole = record.State == NodeRecordState.Live ? await store.ReadRecordAsync(record.Number, cancellation) ?? record : record; // Lists are read without items.
            RecordLine line = LineOf(whole, mine, state);
            if (record.State == NodeRecordState.Withdrawn && await store.FindReplacementAsync(record.Id, cancellation) is { } replacement) line.ReplacementId = ByteString.CopyFrom(replacement.ToArray());
            yield return line;
        }

        // What this member contributed to a circle it has left stays listed, though the record itself is gone from here.
        foreach (OutboxRow row in own.Values.Where(row => circle is null || row.Circle == circle.Id))
        {
            if (left-- == 0) yield break;
            yield return LineOf(row, state);
        }
    }

    private RecordLine LineOf(NodeRecord record, OutboxRow? mine, NetworkState state)
    {
        RecordLine line = new()
        {
            RecordId = ByteString.CopyFrom(record.Id.ToArray()),
            Circle = state.Circles.TryGetValue(record.Circle, out NetworkCircle? circle) ? circle.Policy.Name : record.Circle.ToString(),
            State = record.State.ToString().ToUpperInvariant(),
            Index = record.Index,
            Reference = mine?.Reference ?? "",
            Disputed = record.State == NodeRecordState.Live && disputes.Find(record.Id) is { IsOpen: true },
        };
        CircleKey? key = view().Keyring.Find(record.Circle, record.Epoch);
        if (record.Item is null || key is null || !RecordOpener.TryReopen(key, record.Id, record.Item, out UnwrappedRecord? unwrapped, out _)) return line;
        line.Summary = unwrapped.Summary;
        for (int i = 0; i < unwrapped.TagCount && !line.Met; i++) line.Met = matcher.IsWatched(unwrapped.TagAt(i));
        return line;
    }

    private RecordLine LineOf(OutboxRow row, NetworkState state)
    {
        RecordLine line = new()
        {
            RecordId = row.RecordId is { } id ? ByteString.CopyFrom(id.ToArray()) : ByteString.Empty,
            Circle = state.Circles.TryGetValue(row.Circle, out NetworkCircle? circle) ? circle.Policy.Name : row.Circle.ToString(),
            State = row.State switch
            {
                OutboxState.Refused => "REFUSED",
                OutboxState.Draft or OutboxState.Sealed => "QUEUED",
                OutboxState.Withdrawn => "WITHDRAWN",
                _ => "PUBLISHED",
            },
            Reference = row.Reference,
        };
        if (row.Receipt is not null) line.Index = Receipt.Parser.ParseFrom(row.Receipt).Index;
        if (row.Draft is not null && cache.TryOpenDraft(row.Draft, out byte[]? draft)) line.Summary = Contribution.Parser.ParseFrom(draft).Summary;
        return line;
    }
}
