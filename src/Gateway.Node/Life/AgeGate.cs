using System.Collections.Frozen;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Node.Life;

/// <summary>
/// Refuses, at the local API, every call that would answer from a store that is older than the node has been: all screening, what is known of sellers, lists of records, what is held about somebody, and what
/// takes the place of a record.
/// </summary>
public sealed class AgeGate(StoreAge age) : Interceptor
{
    private const string Screening = "/gateway.v1.ScreeningService/", Watch = "/gateway.v1.WatchService/", Contributions = "/gateway.v1.ContributionsService/", Life = "/gateway.v1.LifeService/";

    private static readonly FrozenSet<string> Answering = new[]
    {
        Watch + "RegisterSeller", Watch + "RegisterSellers", Watch + "ListSellers", Watch + "ListAlerts", Contributions + "ListRecords", Life + "FindSubject", Life + "Rectify",
    }.ToFrozenSet();

    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Require(context);
        return continuation(request, context);
    }

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Require(context);
        return continuation(request, responseStream, context);
    }

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Require(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Require(ServerCallContext context)
    {
        if (context.Method.StartsWith(Screening, StringComparison.Ordinal) || Answering.Contains(context.Method)) age.RequireCurrent();
    }
}
