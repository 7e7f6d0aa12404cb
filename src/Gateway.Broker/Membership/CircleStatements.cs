using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Membership;

/// <summary>Members' own words about circles on their way to the steward, who puts them into the log. The broker carries them and could not make one.</summary>
public sealed class CircleStatements(NetworkView view, IBrokerStore store)
{
    /// <summary>Keeps a member's acceptance of a circle's policy in force, in place of an earlier one.</summary>
    public async Task AcceptAsync(MemberId caller, AcceptCircleRequest request, CancellationToken cancellation)
    {
        NetworkState state = view.Current;
        if (request.Acceptance is null || !Statements.TryRead(request.Acceptance, CircleAcceptance.Parser, out CircleAcceptance? acceptance)) throw Invalid("STATEMENT_UNREADABLE", "The statement is not a CircleAcceptance.", "acceptance");
        NetworkCircle circle = RequireCircle(state, acceptance.CircleId);
        if (CircleConsent.FindAcceptance(request.Acceptance, state, circle, out string fault) is null) throw Invalid("ACCEPTANCE_INVALID", $"The acceptance does not count: {fault}.", "acceptance");
        RequireCaller(acceptance.MemberId, caller);
        if (circle.Members.Contains(caller)) throw new RefusalException(Refusal.Precondition("CIRCLE_JOINED", "The member belongs to the circle.", $"circle {circle.Id.Prefix}", "Nothing is left to accept."));
        if (acceptance.MemberIds.Count > 0 && caller != circle.Steward) throw Invalid("ACCEPTANCE_INVALID", "Only the steward confirms members.", "acceptance.member_ids");
        await store.SaveCircleStatementAsync(new StoredCircleStatement(circle.Id, caller, false, request.Acceptance.ToByteArray()), cancellation).ConfigureAwait(false);
    }

    /// <summary>Keeps a member's departure from a circle.</summary>
    public async Task LeaveAsync(MemberId caller, LeaveCircleRequest request, CancellationToken cancellation)
    {
        NetworkState state = view.Current;
        if (request.Departure is null || !Statements.TryRead(request.Departure, CircleDeparture.Parser, out CircleDeparture? departure)) throw Invalid("STATEMENT_UNREADABLE", "The statement is not a CircleDeparture.", "departure");
        NetworkCircle circle = RequireCircle(state, departure.CircleId);
        RequireCaller(departure.MemberId, caller);
        if (CircleConsent.FindDeparture(request.Departure, state, circle, out string fault) is null) throw Invalid("DEPARTURE_INVALID", $"The departure does not count: {fault}.", "departure");
        await store.SaveCircleStatementAsync(new StoredCircleStatement(circle.Id, caller, true, request.Departure.ToByteArray()), cancellation).ConfigureAwait(false);
    }

    /// <summary>What waits for a steward and still counts.</summary>
    public async Task<ListCircleStatementsResponse> ListAsync(MemberId steward, CancellationToken cancellation)
    {
        NetworkState state = view.Current;
        ListCircleStatementsResponse response = new();
        foreach (StoredCircleStatement stored in await store.ListCircleStatementsAsync(cancellation).ConfigureAwait(false))
        {
            if (!state.Circles.TryGetValue(stored.Circle, out NetworkCircle? circle) || circle.Steward != steward) continue;
            SignedStatement statement = SignedStatement.Parser.ParseFrom(stored.Statement);
            if (stored.IsDeparture && CircleConsent.FindDeparture(statement, state, circle, out _) is not null) response.Departures.Add(statement);
            else if (!stored.IsDeparture && !circle.Members.Contains(stored.Member) && CircleConsent.FindAcceptance(statement, state, circle, out _) is not null) response.Acceptances.Add(statement);
        }

        return response;
    }

    private static NetworkCircle RequireCircle(NetworkState state, ByteString bytes) => CircleId.TryFromBytes(bytes.Span, out CircleId id) && state.Circles.TryGetValue(id, out NetworkCircle? circle)
        ? circle
        : throw new RefusalException(Refusal.NotFound("CIRCLE_UNKNOWN", "There is no such circle.", "circle_id", "See the circles with 'gateway circle list'."));

    private static void RequireCaller(ByteString stated, MemberId caller)
    {
        if (!stated.Span.SequenceEqual(caller.ToArray())) throw new RefusalException(Refusal.Denied("OTHER_MEMBER", "The statement speaks for another member.", "member_id", "Each member speaks for itself, from its own node."));
    }

    private static RefusalException Invalid(string code, string what, string which) => new(Refusal.Invalid(code, what, which, "Follow the log to its end and make the statement with this program."));
}
