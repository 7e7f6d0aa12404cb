using Gateway.Protocol.Errors;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Broker.Evaluators;

/// <summary>Stands after the access rules: an evaluator whose reading of the log is old might serve a member that was expelled, and so serves nobody until it is new again.</summary>
public sealed class FreshnessGate(EvaluatorCore core, TimeProvider time) : Interceptor
{
    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        core.Log.ConfirmedAt is { } at && time.GetUtcNow() - at <= core.Options.MaximumLogAge
            ? continuation(request, context)
            : throw new RefusalException(Refusal.Unavailable("EVALUATOR_BEHIND", $"Evaluator {core.Options.Name} has not heard from the broker's log for too long.", "log", "Try again later, with some jitter; the evaluator's log says why.") with { RetryAfter = EvaluatorWork.Interval });
}
