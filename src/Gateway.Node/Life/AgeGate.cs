using System.Collections.Frozen;
using Gateway.Protocol.Errors;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Node.Life;

/// <summary>
/// The one place that keeps a store older than the node has been from speaking. At the local API it refuses every call that would answer from it: all screening, what is known of sellers, lists of records,
/// what is held about somebody, disputes, and whatever an officer would decide on by it. Towards the broker it refuses what would say or do again in this member's name what the store has forgotten: records,
/// withdrawals, circle keys, outcomes, disputes, cases. What the node catches up by passes: the log, evaluations, certificates, acknowledgements, which have their own rule.
/// </summary>
public sealed class AgeGate(StoreAge age) : Interceptor
{
    private const string Package = "/gateway.v1.";

    private static readonly string[] Services =
    [
        "ScreeningService/", "DisputeOfficeService/", // The node's.
        "OutcomesService/", "DisputesService/", "CasesService/", "MisbindingService/", // The broker's.
    ];

    private static readonly FrozenSet<string> Methods = new[]
    {
        "WatchService/RegisterSeller", "WatchService/RegisterSellers", "WatchService/ListSellers", "WatchService/ListAlerts", "ContributionsService/ListRecords", "LifeService/FindSubject", "LifeService/Rectify",
        "CaseworkService/ComposeCaseMessage", "OutcomeOfficeService/AddOutcomes", "CirclesService/Accept", "CirclesService/Invite", "CirclesService/Remove", "CirclesService/Leave",
        "ExchangeService/Publish", "ExchangeService/Withdraw",
        "MembershipService/ProposeEpoch", "MembershipService/CountersignEpoch", "MembershipService/AcceptCircle", "MembershipService/LeaveCircle",
    }.ToFrozenSet();

    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        RequireAnswerable(context.Method);
        return continuation(request, context);
    }

    /// <inheritdoc/>
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        RequireAnswerable(context.Method);
        return continuation(requestStream, context);
    }

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        RequireAnswerable(context.Method);
        return continuation(request, responseStream, context);
    }

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        RequireAnswerable(context.Method);
        return continuation(requestStream, responseStream, context);
    }

    /// <inheritdoc/>
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        RequireSayable(context.Method.FullName);
        return continuation(request, context);
    }

    /// <inheritdoc/>
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        RequireSayable(context.Method.FullName);
        return continuation(context);
    }

    private static bool IsGated(string method) => method.StartsWith(Package, StringComparison.Ordinal)
        && (Methods.Contains(method[Package.Length..]) || Array.Exists(Services, service => method.AsSpan(Package.Length).StartsWith(service, StringComparison.Ordinal)));

    private void RequireAnswerable(string method)
    {
        if (IsGated(method)) age.RequireCurrent();
    }

    // As if the broker were away: whoever calls it tries again by itself.
    private void RequireSayable(string method)
    {
        if (age.IsBehind && IsGated(method)) throw (age.Describe() with { Status = StatusCode.Unavailable }).ToRpcException();
    }
}
