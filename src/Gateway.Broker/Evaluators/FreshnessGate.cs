using Gateway.Protocol.Errors;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Broker.Evaluators;

/// <summary>
/// Stands before the access rules, which judge callers by the log: an evaluator that has not read it yet, or not for a while, knows nobody or might serve a member that was expelled. It serves nobody
/// until its reading is new.
/// </summary>
public sealed class FreshnessGate(EvaluatorCore core, TimeProvider time) : Interceptor
{
    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        core.Log.ConfirmedAt is { } at && time.GetUtcNow() - at <= core.Options.MaximumLogAge
            ? continuation(request, context)
            : throw (Refusal.Unavailable("EVALUATOR_BEHIND", $"Evaluator {core.Options.Name} has not heard from the broker's log for too long.", "log", "Try again later, with some jitter; the evaluator's log says why.") with { RetryAfter = EvaluatorWork.Interval }).ToRpcException();
}
