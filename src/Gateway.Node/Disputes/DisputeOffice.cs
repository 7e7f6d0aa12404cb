using Gateway.Node.Feed;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Disputes;

/// <summary>
/// Disputes at a member's own node. What an objector states is screened here, so that his record is found without anybody else seeing who he is; it leaves the node sealed to the circle's dispute
/// desk. A desk opens and screens likewise, and its decision is signed here.
/// </summary>
public sealed class DisputeOffice(
    INodeStore store, DisputeBook book, Screener screener, HitOpener opener, OwnRecords own, MemberKeys keys, MemberId member, CallInvoker broker, Func<NodeView> view, TimeProvider time)
{
    private const uint LongestWait = 600_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly V1.DisputesService.DisputesServiceClient _broker = new(broker);

    /// <summary>Disputes the records that a party meets, or the one that is named.</summary>
    /// <exception cref="RefusalException">The request is not whole, or the party meets nothing here.</exception>
    public async Task<V1.RaiseDisputeResponse> RaiseAsync(V1.RaiseDisputeRequest request, CancellationToken cancellation)
    {
        if (request.Ground is < V1.DisputeGround.WrongParty or > V1.DisputeGround.Unlawful) throw new RefusalException(Refusal.Invalid("DISPUTE_GROUND", "The dispute states no ground.", "ground", "State one of the grounds of the protocol."));
        V1.Objection objection = new() { Party = request.Party, Statement = request.Statement, Contact = request.Contact, Ground = request.Ground };
        if (ObjectionBox.FaultOf(objection) is { } fault) throw new RefusalException(Refusal.Invalid("OBJECTION_TOO_LONG", fault, "statement", "Say it in fewer words."));
        V1.RaiseDisputeResponse response = new();
        foreach (RecordId id in await FindAsync(request, cancellation))
        {
            NodeRecord record = (await store.FindRecordAsync(id, cancellation))!;
            response.Disputes.Add(await OpenAsync(record, objection, cancellation));
        }

        if (request.Objection > 0 && response.Disputes.All(dispute => dispute.Refusal.Length == 0)) await CloseAsync(request.Objection, cancellation);
        return response;
    }

    /// <summary>The disputes this node knows of, newest first.</summary>
    public async Task<V1.ListDisputesResponse> ListAsync(V1.ListDisputesRequest request, CancellationToken cancellation)
    {
        RecordId? only = request.RecordId.IsEmpty ? null : ReadId(request.RecordId);
        V1.ListDisputesResponse response = new();
        NetworkState state = view().State;
        foreach (DisputeState dispute in book.All.Where(dispute => dispute.DisputedAt is not null && (only is null || dispute.Record == only)).OrderByDescending(dispute => dispute.DisputedAt))
        {
            NodeRecord? record = await store.FindRecordAsync(dispute.Record, cancellation);
            bool isLive = record?.State == NodeRecordState.Live;
            if (request.Open && (!dispute.IsOpen || !isLive)) continue;
            bool isMine = await own.ContainsAsync(dispute.Record, store, cancellation);
            V1.DisputeLine line = new()
            {
                RecordId = dispute.Record.ToByteString(),
                Circle = state.Circles.TryGetValue(dispute.Circle, out NetworkCircle? circle) ? circle.Policy.Name : dispute.Circle.ToString(),
                Note = dispute.ToNote(),
                Mine = isMine,
                ForDecision = dispute.IsOpen && isLive && !isMine && circle is not null && DisputeTerms.Of(circle.Policy).Desks.Contains(member),
                RecordState = record?.State.ToString().ToUpperInvariant() ?? "",
            };
            if (record is { State: NodeRecordState.Live } && await opener.ReadAsync(record.Number, cancellation) is { } shown) line.Summary = shown.Record.Summary;
            response.Disputes.Add(line);
        }

        return response;
    }

    /// <summary>Decides a dispute: signs the decision and has it logged.</summary>
    /// <exception cref="RefusalException">There is no open dispute, or the broker refuses.</exception>
    public async Task<V1.DecideDisputeResponse> DecideAsync(V1.DecideDisputeRequest request, CancellationToken cancellation)
    {
        RecordId id = ReadId(request.RecordId);
        if (book.Find(id) is not { IsOpen: true } dispute) throw new RefusalException(Refusal.Precondition("DISPUTE_NOT_OPEN", "There is no such dispute, or it is decided.", $"record {id.Prefix}", "See `gateway dispute list`."));
        V1.RecordDisputeResolved resolved = new()
        {
            RecordId = id.ToByteString(), CircleId = dispute.Circle.ToByteString(), Epoch = dispute.Epoch, DisputedAt = dispute.DisputedAt!.Value, Decision = request.Decision, Reason = request.Reason,
        };
        if (!DisputeEntries.IsWhole(resolved, ulong.MaxValue)) throw new RefusalException(Refusal.Invalid("DISPUTE_DECISION", "The decision is neither UPHELD nor REJECTED, or has no reason.", "decision", "State both."));
        V1.ResolveDisputeResponse answer = await AskAsync(deadline => _broker.ResolveDisputeAsync(
            new V1.ResolveDisputeRequest { Decision = Statements.Sign(resolved, view().State.GenesisHash.Span, member, keys.Member) }, deadline: deadline, cancellationToken: cancellation));
        return new V1.DecideDisputeResponse { Index = answer.Receipt?.Index ?? 0, WithdrawalIndex = answer.Withdrawal?.Index ?? 0 };
    }

    /// <summary>What waits for this member's desk, opened and screened.</summary>
    public async Task<V1.ReadInboxResponse> ReadInboxAsync(V1.ReadInboxRequest request, CancellationToken cancellation)
    {
        V1.ReadInboxResponse response = new();
        ulong after = 0;
        while (true)
        {
            V1.ReadObjectionsResponse page = await AskAsync(deadline => _broker.ReadObjectionsAsync(new V1.ReadObjectionsRequest { After = after }, deadline: deadline, cancellationToken: cancellation));
            if (page.Objections.Count == 0) return response;
            foreach (V1.WaitingObjection waiting in page.Objections) response.Lines.Add(await OpenAsync(waiting, request.WaitMilliseconds, cancellation));
            if (page.Objections[^1].Id <= after) return response; // A broker that repeats itself ends here.
            after = page.Objections[^1].Id;
        }
    }

    /// <summary>Deletes an objection at the broker.</summary>
    public Task CloseAsync(ulong objection, CancellationToken cancellation) =>
        AskAsync(deadline => _broker.CloseObjectionAsync(new V1.CloseObjectionRequest { Id = objection }, deadline: deadline, cancellationToken: cancellation));

    private async Task<IReadOnlyList<RecordId>> FindAsync(V1.RaiseDisputeRequest request, CancellationToken cancellation)
    {
        if (!request.RecordId.IsEmpty)
        {
            RecordId id = ReadId(request.RecordId);
            return await store.FindRecordAsync(id, cancellation) is { State: NodeRecordState.Live }
                ? [id]
                : throw new RefusalException(Refusal.NotFound("RECORD_UNKNOWN", "This node holds no such live record.", $"record {id.Prefix}", "Copy the id from the hit; a withdrawn record need not be disputed."));
        }

        IReadOnlyList<RecordId> met = await MeetAsync(request.Party ?? new V1.Party(), request.WaitMilliseconds, cancellation);
        return met.Count > 0 ? met : throw new RefusalException(Refusal.NotFound("OBJECTION_MEETS_NOTHING", "What the objector states meets no record of this node's circles.", "party", "Ask for more of his identifiers; or file the objection for the dispute desks, whose circles may be others."));
    }

    // Authorised traders and rights speak for somebody: nobody objects to being named there by way of what meets him.
    private async Task<IReadOnlyList<RecordId>> MeetAsync(V1.Party party, uint wait, CancellationToken cancellation)
    {
        screener.RequireCircle();
        if (Translation.FaultOf(party, "party") is { } fault) throw new RefusalException(fault);
        V1.ScreeningResult result = await screener.DecideAfterAsync(screener.Prepare(Translation.ToParty(party)), TimeSpan.FromMilliseconds(Math.Min(wait, LongestWait)), time, cancellation);
        return [.. result.Hits.Where(hit => hit.Summary.Kind is not (V1.RecordKind.AuthorisedTrader or V1.RecordKind.Right)).Select(hit => RecordId.FromBytes(hit.RecordId.Span))];
    }

    private async Task<V1.RaisedDispute> OpenAsync(NodeRecord record, V1.Objection objection, CancellationToken cancellation)
    {
        NetworkState state = view().State;
        NetworkCircle circle = state.Circles[record.Circle];
        V1.RaisedDispute raised = new() { RecordId = record.Id.ToByteString(), Circle = circle.Policy.Name };
        V1.OpenDisputeRequest request = new() { RecordId = record.Id.ToByteString(), Ground = objection.Ground };
        V1.Objection about = objection.Clone();
        about.RecordId = record.Id.ToByteString();
        foreach (MemberId desk in DisputeTerms.Of(circle.Policy).Desks.Where(state.Members.ContainsKey))
        {
            // What the desk itself was told it need not be told again.
            if (desk != member) request.Objections.Add(new V1.SealedObjection { DeskId = desk.ToByteString(), Sealed = ByteString.CopyFrom(ObjectionBox.Seal(about, state.Members[desk].BoxKey)) });
        }

        try
        {
            V1.OpenDisputeResponse answer = await AskAsync(deadline => _broker.OpenDisputeAsync(request, deadline: deadline, cancellationToken: cancellation));
            raised.Index = answer.Receipt.Index;
            raised.DeadlineDay = V1.Entry.Parser.ParseFrom(answer.Receipt.Entry).RecordDisputed.DeadlineDay;
        }
        catch (RefusalException refused)
        {
            (raised.Refusal, raised.What) = (refused.Refusal.Code, $"{refused.Refusal.What} {refused.Refusal.Remedy}");
        }

        return raised;
    }

    private async Task<V1.InboxLine> OpenAsync(V1.WaitingObjection waiting, uint wait, CancellationToken cancellation)
    {
        V1.InboxLine line = new() { Id = waiting.Id, Reference = waiting.Reference, FiledAt = waiting.FiledAt };
        if (!ObjectionBox.TryOpen(waiting.Sealed.Span, keys.Box, out V1.Objection? objection))
        {
            line.Fault = "It is not sealed to this member's key, or is no objection: close it.";
            return line;
        }

        line.Objection = objection;
        if (!objection.RecordId.IsEmpty) line.MetRecordIds.Add(objection.RecordId);
        try
        {
            line.MetRecordIds.AddRange((await MeetAsync(objection.Party ?? new V1.Party(), wait, cancellation)).Select(id => id.ToByteString()).Except(line.MetRecordIds));
        }
        catch (RefusalException refused)
        {
            line.Fault = refused.Refusal.What;
        }

        return line;
    }

    private static async Task<T> AskAsync<T>(Func<DateTime, AsyncUnaryCall<T>> call)
    {
        try
        {
            return await call(CallDeadline.After(Patience));
        }
        catch (RpcException fault)
        {
            throw new RefusalException(fault.ToRefusal("broker"));
        }
    }

    private static RecordId ReadId(ByteString bytes) => RecordId.TryFromBytes(bytes.Span, out RecordId id) ? id : throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 32 bytes.", "record_id", "Copy the id from the hit."));
}
