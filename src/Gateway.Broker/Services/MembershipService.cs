using System.Net;
using Gateway.Broker.Access;
using Gateway.Broker.Membership;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Services;

/// <summary>Who belongs to the network, and the circles' keys on their way to the log.</summary>
public sealed class MembershipService(
    NetworkView view, IBrokerStore store, Sequencer sequencer, Enrolment enrolment, Sponsorship sponsorship, EpochProposals proposals, CircleStatements statements, PeerActivity activity, TimeProvider time, ILogger<MembershipService> log)
    : Gateway.Protocol.V1.MembershipService.MembershipServiceBase
{
    /// <inheritdoc/>
    public override async Task<EnrolResponse> Enrol(EnrolRequest request, ServerCallContext context)
    {
        EnrolResponse response = await enrolment.EnrolAsync(request, AddressOf(context), context.CancellationToken).ConfigureAwait(false);
        if (Statements.TryRead(request.MemberJoined, MemberJoined.Parser, out MemberJoined? joined)) Log.MemberJoined(log, MemberId.FromBytes(joined.MemberId.Span).Prefix);
        return response;
    }

    /// <inheritdoc/>
    public override async Task<RenewCertificateResponse> RenewCertificate(RenewCertificateRequest request, ServerCallContext context)
    {
        (RenewCertificateResponse response, MemberId member) = await enrolment.RenewAsync(request, AddressOf(context), context.CancellationToken).ConfigureAwait(false);
        activity.Note(member);
        return response;
    }

    /// <inheritdoc/>
    public override async Task<GetDirectoryResponse> GetDirectory(GetDirectoryRequest request, ServerCallContext context)
    {
        bool isOperator = Peer.Of(context).IsOperator;
        NetworkState state = view.Current;
        IReadOnlyDictionary<CircleId, long> live = isOperator
            ? await store.CountLiveRecordsAsync(state.Day, context.CancellationToken).ConfigureAwait(false)
            : new Dictionary<CircleId, long>();
        GetDirectoryResponse response = new();
        foreach (NetworkMember member in state.Members.Values.OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            response.Members.Add(new DirectoryMember
            {
                Member = member.Joined,
                JoinedDay = member.JoinedDay.Number,
                Standing = member.Standing,
                Reason = member.Reason,
                LastSeen = isOperator ? activity.LastSeen(member.Id)?.ToUnixTimeSeconds() ?? 0 : 0,
            });
        }

        foreach (NetworkCircle circle in state.Circles.Values.OrderBy(circle => circle.Policy.Name, StringComparer.Ordinal))
        {
            response.Circles.Add(new DirectoryCircle
            {
                Policy = circle.Policy,
                MemberIds = { circle.Members.Order().Select(id => ByteString.CopyFrom(id.ToArray())) },
                EpochCount = (uint)circle.Epochs.Count,
                LiveRecords = (ulong)live.GetValueOrDefault(circle.Id),
            });
        }

        if (!isOperator) return response;
        foreach (Invitation invitation in await store.ListOpenInvitationsAsync(time.GetUtcNow(), context.CancellationToken).ConfigureAwait(false))
        {
            response.OpenInvitations.Add(new OpenInvitation
            {
                MemberId = ByteString.CopyFrom(invitation.Member.ToArray()),
                Name = invitation.Name,
                Role = invitation.Role,
                ExpiresAt = invitation.ExpiresAt.ToUnixTimeSeconds(),
            });
        }

        return response;
    }

    /// <inheritdoc/>
    public override async Task<ListApplicationsResponse> ListApplications(ListApplicationsRequest request, ServerCallContext context) =>
        new() { Applications = { await sponsorship.ListAsync(context.CancellationToken).ConfigureAwait(false) } };

    /// <inheritdoc/>
    public override async Task<SponsorApplicationResponse> SponsorApplication(SponsorApplicationRequest request, ServerCallContext context) =>
        new() { SponsorCount = (uint)await sponsorship.SponsorAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override async Task<DepartResponse> Depart(DepartRequest request, ServerCallContext context)
    {
        MemberId member = Peer.Of(context).RequireMember();
        if (request.MemberLeft is null || !Statements.TryRead(request.MemberLeft, MemberLeft.Parser, out MemberLeft? left) || !left.MemberId.Span.SequenceEqual(member.ToArray()))
        {
            throw new RefusalException(Refusal.Invalid("STATEMENT_UNREADABLE", "The statement is not a MemberLeft of the calling member.", "member_left", "Leave from your own node, with this program."));
        }

        IReadOnlyList<LogReceipt> receipts = await sequencer.ChangeStateAsync(new StateChange { Entries = [new Entry { MemberLeft = request.MemberLeft }] }).ConfigureAwait(false);
        Log.MemberLeft(log, member.Prefix);
        return new DepartResponse { Index = receipts[0].Index };
    }

    /// <inheritdoc/>
    public override async Task<ProposeEpochResponse> ProposeEpoch(ProposeEpochRequest request, ServerCallContext context)
    {
        await proposals.ProposeAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false);
        return new ProposeEpochResponse();
    }

    /// <inheritdoc/>
    public override async Task<ListProposalsResponse> ListProposals(ListProposalsRequest request, ServerCallContext context) =>
        new() { Proposals = { await proposals.ListAsync(Peer.Of(context).RequireMember(), context.CancellationToken).ConfigureAwait(false) } };

    /// <inheritdoc/>
    public override async Task<CountersignEpochResponse> CountersignEpoch(CountersignEpochRequest request, ServerCallContext context)
    {
        await proposals.CountersignAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false);
        Log.EpochBegun(log, CircleId.FromBytes(request.CircleId.Span).Prefix, request.Epoch);
        return new CountersignEpochResponse();
    }

    /// <inheritdoc/>
    public override async Task<AcceptCircleResponse> AcceptCircle(AcceptCircleRequest request, ServerCallContext context)
    {
        await statements.AcceptAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false);
        return new AcceptCircleResponse();
    }

    /// <inheritdoc/>
    public override async Task<LeaveCircleResponse> LeaveCircle(LeaveCircleRequest request, ServerCallContext context)
    {
        await statements.LeaveAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false);
        return new LeaveCircleResponse();
    }

    /// <inheritdoc/>
    public override Task<ListCircleStatementsResponse> ListCircleStatements(ListCircleStatementsRequest request, ServerCallContext context) =>
        statements.ListAsync(Peer.Of(context).RequireMember(), context.CancellationToken);

    private static IPAddress AddressOf(ServerCallContext context) => context.GetHttpContext().Connection.RemoteIpAddress ?? IPAddress.None;
}
