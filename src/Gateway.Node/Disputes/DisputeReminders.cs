using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Node.Life;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Grpc.Core;

namespace Gateway.Node.Disputes;

/// <summary>
/// Tells the people of this node of disputes that concern them, as alarms: the contributor that its record is disputed, soon due, decided or ended; the desk that there is something to decide, and
/// that objections wait. Each once.
/// </summary>
public sealed class DisputeReminders(INodeStore store, DisputeBook book, OwnRecords own, MemberId member, CallInvoker broker, StoreAge age, Func<NodeView> view, AlarmBell alarms, RandomSource random, TimeProvider time)
    : RepeatedWork("reminding of disputes", Pauses.Every(Round), alarms, random, time)
{
    /// <summary>The reminder that nobody decided in Time, as the store notes it.</summary>
    internal const int Overdue = 5;

    private const int Opened = 1, DueSoon = 2, DueNow = 3, Decided = 4;
    private const uint SoonDays = 7, NowDays = 1;

    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan InboxRound = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DisputesService.DisputesServiceClient _broker = new(broker);
    private DateTimeOffset _nextInbox;
    private ulong _newestObjection;

    /// <summary>Gives every reminder that is due and was not given.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (age.IsBehind) return; // What the store says of today is long over.
        NodeView now = view();
        foreach (NodeDispute dispute in await store.ReadDisputesAsync(cancellation))
        {
            DisputeState state = dispute.State;
            if (state.DisputedAt is null || await store.FindRecordAsync(state.Record, cancellation) is not { } record) continue;
            bool isMine = own.Contains(state.Record);
            if (!isMine && !IsForDecision(state, record.State, now)) continue;
            int due = StageOf(state, record, now.State.Day);
            if (due <= dispute.Reminded) continue;
            await Alarms.RaiseOnceAsync(AlarmOf(due, state, isMine, now.State.Day), cancellation);
            await store.SetRemindedAsync(state.Record, due, cancellation);
        }
    }

    /// <inheritdoc/>
    protected override async Task RoundAsync(CancellationToken cancellation)
    {
        await RunAsync(cancellation);
        await LookIntoInboxAsync(cancellation);
    }

    /// <inheritdoc/>
    protected override Task WaitAsync(CancellationToken cancellation) => book.Changed.WaitAsync(Round, cancellation);

    private static int StageOf(DisputeState state, NodeRecord record, UtcDay day)
    {
        if (!state.IsOpen) return Decided;

        // Nothing is left to decide. That the broker has withdrawn it, because nobody did, its contributor is told with the withdrawal.
        if (record.State != NodeRecordState.Live) return 0;
        if (state.IsOverdue(day)) return Overdue;
        return state.Deadline < day.AddDays(NowDays + 1) ? DueNow : state.Deadline < day.AddDays(SoonDays + 1) ? DueSoon : Opened;
    }

    private bool IsForDecision(DisputeState state, NodeRecordState record, NodeView now) =>
        state.IsOpen && record == NodeRecordState.Live && now.State.Circles.TryGetValue(state.Circle, out NetworkCircle? circle) && DisputeTerms.Of(circle.Policy).Desks.Contains(member);

    private static Refusal AlarmOf(int due, DisputeState state, bool isMine, UtcDay day)
    {
        string which = $"record {state.Record.Prefix}", whose = isMine ? "A record of this member's own" : "A record of a circle whose dispute desk this member is";
        string answer = isMine ? "See `gateway dispute list`; withdraw the record if the objection holds, else send the evidence to the dispute desk." : "See `gateway dispute inbox`, then `gateway dispute resolve`.";
        return due switch
        {
            Opened => Refusal.Precondition("DISPUTE_OPENED", $"{whose} is disputed: {DisputeBook.WordsOf(state.Ground)}. The decision is due by {state.Deadline}.", which, answer),
            DueSoon or DueNow => Refusal.Precondition("DISPUTE_DUE", $"{whose} is disputed, and {DaysUntil(state.Deadline, day)} until the deadline, {state.Deadline}.", which, answer),
            Decided => Refusal.Precondition("DISPUTE_DECIDED", state.Decision == DisputeDecision.Upheld ? $"The objection to {whose.ToLowerInvariant()} was upheld: the record is withdrawn." : $"The objection to {whose.ToLowerInvariant()} was rejected: the record stands.", which, "Nothing."),
            _ => Refusal.Precondition("DISPUTE_OVERDUE", $"{whose} is disputed, and nobody decided by {state.Deadline}: the broker withdraws it unless the circle's policy keeps it.", which, "Publish it again only with evidence that answers the objection."),
        };
    }

    private static string DaysUntil(UtcDay deadline, UtcDay day) => (deadline.Number - day.Number) switch { 0 => "no day is left", 1 => "1 day is left", uint days => $"{days} days are left" };

    private async Task LookIntoInboxAsync(CancellationToken cancellation)
    {
        if (Time.GetUtcNow() < _nextInbox || !view().State.Circles.Values.Any(circle => DisputeTerms.Of(circle.Policy).Desks.Contains(member))) return;
        _nextInbox = Time.GetUtcNow() + InboxRound;
        ReadObjectionsResponse inbox = await _broker.ReadObjectionsAsync(new ReadObjectionsRequest { After = _newestObjection }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        if (inbox.Objections.Count == 0) return;
        _newestObjection = inbox.Objections[^1].Id;
        await Alarms.RaiseOnceAsync(
            Refusal.Precondition("OBJECTIONS_WAIT", "Objections wait for this member's dispute desk.", $"objection {_newestObjection}", "See `gateway dispute inbox`."), cancellation);
    }
}
