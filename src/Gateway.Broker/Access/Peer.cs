using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Grpc.Core;

namespace Gateway.Broker.Access;

/// <summary>Who calls, by its certificate and the log.</summary>
/// <param name="Id">The name in its certificate; null for a caller without one, where the rule allows that.</param>
/// <param name="CertificateEnd">When its certificate ends; null for a caller without one.</param>
public sealed record Peer(SpiffeId? Id, DateTimeOffset? CertificateEnd)
{
    private static readonly object Key = new();

    /// <summary>A caller without a certificate.</summary>
    public static Peer Anonymous { get; } = new(null, null);

    /// <summary>Whether it is an operator of the broker.</summary>
    public bool IsOperator => Id is { IsOperator: true };

    /// <summary>The member whose node calls, or null.</summary>
    public MemberId? Member => Id?.Member;

    /// <summary>The evaluator that calls, or null.</summary>
    public string? Evaluator => Id is { IsEvaluator: true } ? Id.Name : null;

    /// <summary>The name of the evaluator that calls.</summary>
    /// <exception cref="RefusalException">It is no evaluator. The table of rules lets nobody else come here.</exception>
    public string RequireEvaluator() => Evaluator ?? throw new RefusalException(Refusal.Denied("EVALUATORS_ONLY", "Only an evaluator may do this.", "certificate", "Call with the evaluator's certificate."));

    /// <summary>The member whose node calls.</summary>
    /// <exception cref="RefusalException">It is no member's node. The table of rules lets nobody else come here.</exception>
    public MemberId RequireMember() => Member ?? throw new RefusalException(Refusal.Denied("MEMBERS_ONLY", "Only a member's node may do this.", "certificate", "Call with the node's certificate."));

    /// <summary>The peer of a call, or null where the interceptor has found none yet.</summary>
    public static Peer? Find(ServerCallContext context) => context.UserState.TryGetValue(Key, out object? peer) ? peer as Peer : null;

    /// <summary>Name of the operator who calls.</summary>
    /// <exception cref="RefusalException">It is no operator. The table of rules lets nobody else come here.</exception>
    public string RequireOperator() => Id is { IsOperator: true } id ? id.Name : throw new RefusalException(Refusal.Denied("OPERATORS_ONLY", "Only an operator of the broker may do this.", "certificate", "Call with an operator's certificate."));

    /// <summary>The peer that the interceptor found for a call.</summary>
    public static Peer Of(ServerCallContext context) => Find(context) ?? throw new InvalidOperationException($"{context.Method} was reached without passing the access rules.");

    internal void AttachTo(ServerCallContext context) => context.UserState[Key] = this;
}
