using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Neutrality;

/// <summary>The local API's part about the log's neutrality (witness.proto).</summary>
public sealed class NeutralityEndpoint(
    INodeStore store, OwnLog log, ForkWatch forks, CosignatureTally tally, LogWitness witness, Acceptance acceptance, LogConditions conditions, GossipPeers peers, Func<NodeView> view)
    : NeutralityService.NeutralityServiceBase
{
    private const int MostBytes = 512 * 1_024;

    /// <inheritdoc/>
    public override async Task<GetLogStandingResponse> GetLogStanding(GetLogStandingRequest request, ServerCallContext context)
    {
        NodeView now = view();
        GetLogStandingResponse response = new()
        {
            Size = now.Size,
            AcceptedSize = acceptance.Size,
            Quorum = (uint)tally.QuorumOf(now.State),
            EvidenceCount = (uint)(await store.Neutrality.ReadEvidenceAsync(context.CancellationToken)).Count,
        };
        foreach (CosignedCheckpoint cosigned in Cosigned())
        {
            response.Cosigners.Add(new LogCosigner { MemberId = ByteString.CopyFrom(cosigned.Member.ToArray()), Name = forks.NameOf(cosigned.Member.ToString()), Size = cosigned.Checkpoint.Size, CosignedAt = cosigned.At.ToUnixTimeSeconds() });
        }

        response.Conditions.AddRange(conditions.Now.Select(condition => new LogCondition { Error = condition.Refusal.ToDetail(), Since = condition.Since.ToUnixTimeSeconds() }));
        response.Peers.AddRange(peers.Standing.Select(peer => new GossipPeer
        {
            Address = peer.Address,
            MemberName = peer.Member is { } member ? forks.NameOf(member.ToString()) : "",
            ComparedAt = peer.ComparedAt?.ToUnixTimeSeconds() ?? 0,
            Fault = peer.Fault ?? "",
        }));
        return response;
    }

    /// <inheritdoc/>
    public override async Task<ExportCheckpointResponse> ExportCheckpoint(ExportCheckpointRequest request, ServerCallContext context)
    {
        LogHead head = await store.ReadHeadAsync(context.CancellationToken) ?? throw Empty();
        if (!SignedNote.TryParse(head.Note, out SignedNote? note, out _)) throw Empty();
        NoteSignature[] on = [.. Cosigned().Where(cosigned => cosigned.Note.Text == note.Text).Select(cosigned => cosigned.Signature)];
        return new ExportCheckpointResponse { Checkpoint = ByteString.CopyFrom(on.Length == 0 ? head.Note : note.With(on).ToBytes()) };
    }

    /// <inheritdoc/>
    public override async Task<CompareCheckpointResponse> CompareCheckpoint(CompareCheckpointRequest request, ServerCallContext context)
    {
        if (log.Verifier is null) throw Empty();
        Comparison compared = await forks.CompareAsync(request.Checkpoint.Memory, ForkWatch.File, context.CancellationToken);
        if (compared.Agreement == Agreement.Unreadable) throw new RefusalException(Refusal.Invalid("CHECKPOINT_INVALID", $"The file is no checkpoint of this log: {compared.Fault}", "checkpoint", "Name a file that another member's `gateway log checkpoint --out` wrote."));
        return new CompareCheckpointResponse { Size = compared.Size, Same = compared.Agreement == Agreement.Same, Remembered = compared.Agreement == Agreement.Ahead, Evidence = compared.Evidence };
    }

    /// <inheritdoc/>
    public override async Task<ListEvidenceResponse> ListEvidence(ListEvidenceRequest request, ServerCallContext context)
    {
        ListEvidenceResponse response = new();
        foreach (StoredForkEvidence kept in await store.Neutrality.ReadEvidenceAsync(context.CancellationToken))
        {
            response.Evidence.Add(new KeptEvidence
            {
                Id = kept.Id,
                Source = forks.NameOf(kept.Source),
                Evidence = ForkEvidence.Parser.ParseFrom(kept.Evidence),
                SettledAt = kept.SettledAt?.ToUnixTimeSeconds() ?? 0,
                SettledBy = kept.SettledBy,
            });
        }

        return response;
    }

    /// <inheritdoc/>
    public override async Task<SettleEvidenceResponse> SettleEvidence(SettleEvidenceRequest request, ServerCallContext context)
    {
        if (string.IsNullOrWhiteSpace(request.By) || request.By.Length > 200) throw new RefusalException(Refusal.Invalid("BY_MISSING", "Who decides is to be named, in at most 200 characters.", "by", "Name the officer."));
        await forks.SettleAsync(request.Id, request.By, context.CancellationToken);
        return new SettleEvidenceResponse();
    }

    /// <inheritdoc/>
    public override async Task ExportEntries(ExportEntriesRequest request, IServerStreamWriter<ExportEntriesResponse> responseStream, ServerCallContext context)
    {
        LogHead head = await store.ReadHeadAsync(context.CancellationToken) ?? throw Empty();
        CircleId? circle = request.Circle.Length == 0 ? null : (view().State.FindCircle(request.Circle) ?? throw new RefusalException(Refusal.NotFound("CIRCLE_UNKNOWN", "There is no circle with this name.", request.Circle, "See `gateway circle list`."))).Id;
        ExportEntriesResponse page = new();
        int bytes = 0;
        await foreach (LoggedLeaf leaf in store.ReadLeavesAsync(0, head.Size, context.CancellationToken))
        {
            if (leaf.Entry is null || leaf.Salt is null || !(LeafData.IsNetworkWide(leaf.LeafData) || IsOf(leaf.Entry, circle))) continue;
            page.Entries.Add(new ExportedEntry { Index = leaf.Index, Salt = ByteString.CopyFrom(leaf.Salt), Entry = ByteString.CopyFrom(leaf.Entry) });
            bytes += leaf.Entry.Length + 32;
            if (bytes < MostBytes) continue;
            await responseStream.WriteAsync(page, context.CancellationToken);
            (page, bytes) = (new ExportEntriesResponse(), 0);
        }

        if (page.Entries.Count > 0) await responseStream.WriteAsync(page, context.CancellationToken);
    }

    private static bool IsOf(byte[] bytes, CircleId? circle)
    {
        try
        {
            return circle is not null && EntryRoute.Of(Entry.Parser.ParseFrom(bytes))?.Circle == circle;
        }
        catch (Exception unreadable) when (unreadable is InvalidProtocolBufferException or ArgumentException)
        {
            return false; // The feed's reader has raised its alarm.
        }
    }

    private IEnumerable<CosignedCheckpoint> Cosigned() => (witness.Own is { } own ? tally.Holding.Values.Append(own) : tally.Holding.Values).OrderByDescending(cosigned => cosigned.Checkpoint.Size).ThenBy(cosigned => cosigned.Member.ToString(), StringComparer.Ordinal);

    private static RefusalException Empty() => new(Refusal.Precondition("LOG_EMPTY", "This node has not read the log yet.", "log", "Wait until it has reached the broker."));
}
