using Gateway.Node.Circles;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>A member's part in circles (circles.proto).</summary>
public sealed class CirclesEndpoint(CircleOrders orders, Func<NodeView> view, TimeProvider time) : CirclesService.CirclesServiceBase
{
    /// <summary>Fewer members that may publish do not hide which of them did (protocol §5).</summary>
    private const int PublishersThatHideOne = 5;

    /// <inheritdoc/>
    public override async Task<AcceptResponse> Accept(AcceptRequest request, ServerCallContext context)
    {
        await ToBrokerAsync(() => orders.AcceptAsync(request.Circle, request.ConfirmedMembers, context.CancellationToken));
        return new AcceptResponse();
    }

    /// <inheritdoc/>
    public override async Task<InviteResponse> Invite(InviteRequest request, ServerCallContext context)
    {
        await orders.InviteAsync(request.Circle, request.Member, context.CancellationToken);
        return new InviteResponse();
    }

    /// <inheritdoc/>
    public override async Task<RemoveResponse> Remove(RemoveRequest request, ServerCallContext context)
    {
        await orders.RemoveAsync(request.Circle, request.Member, request.Reason, context.CancellationToken);
        return new RemoveResponse();
    }

    /// <inheritdoc/>
    public override async Task<LeaveResponse> Leave(LeaveRequest request, ServerCallContext context)
    {
        await ToBrokerAsync(() => orders.LeaveAsync(request.Circle, context.CancellationToken));
        return new LeaveResponse();
    }

    /// <inheritdoc/>
    public override async Task<GetCircleResponse> GetCircle(GetCircleRequest request, ServerCallContext context)
    {
        NodeView now = view();
        NetworkState state = now.State;
        NetworkCircle circle = CircleOrders.Find(state, request.Circle);
        NetworkMember[] people = [.. state.Members.Values.Where(one => circle.Members.Contains(one.Id) || (circle.Epochs.Count == 0 && circle.IsFounder(one.Id))).OrderBy(one => one.Name, StringComparer.Ordinal)];
        GetCircleResponse response = new()
        {
            Policy = circle.Policy,
            EpochCount = (uint)circle.Epochs.Count,
            PublisherCount = (uint)people.Count(one => circle.Policy.PublishingRoles.Contains(one.Role)),
            Open = circle.IsOpenOn(now.ExpiryDay(time)),
        };
        response.NotAnonymous = response.PublisherCount < PublishersThatHideOne;
        response.Participants.AddRange(people.Select(one => new CircleParticipant
        {
            MemberId = one.Id.ToByteString(),
            Name = one.Name,
            Role = one.Role,
            MayPublish = circle.Policy.PublishingRoles.Contains(one.Role),
            MayRead = circle.Policy.ReadingRoles.Contains(one.Role),
            Admitted = circle.Members.Contains(one.Id),
            Steward = one.Id == circle.Steward,
        }));
        foreach (StoredCircleOrder order in await orders.ReadAsync(circle, context.CancellationToken))
        {
            if (order.Change == CircleMemberChange.Added == circle.Members.Contains(order.Member)) continue; // Done, or of no effect any more.
            response.Orders.Add(new CircleOrder { MemberId = order.Member.ToByteString(), Name = state.Members.GetValueOrDefault(order.Member)?.Name ?? "", Change = order.Change });
        }

        return response;
    }

    // What the broker refuses is told as it said it.
    private static async Task ToBrokerAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException refused)
        {
            throw new Protocol.Errors.RefusalException(Protocol.Errors.GrpcErrors.ToRefusal(refused, "broker"));
        }
    }
}
