using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Protocol.Errors;

/// <summary>Why something was refused (protocol §12): a value where refusals are expected, inside <see cref="RefusalException"/> where they end an operation.</summary>
/// <param name="Status">The gRPC status it maps to.</param>
/// <param name="Code">Stable code in UPPER_SNAKE_CASE; docs/errors.md lists them.</param>
/// <param name="What">What happened, one sentence.</param>
/// <param name="Which">The thing it happened to: a field, a shortened id, a quota. Never personal data.</param>
/// <param name="Remedy">What to do, one sentence.</param>
public sealed record Refusal(StatusCode Status, string Code, string What, string Which, string Remedy)
{
    /// <summary>When trying again makes sense, from now; null: not said.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A field does not hold what it should.</summary>
    public static Refusal Invalid(string code, string what, string which, string remedy) => new(StatusCode.InvalidArgument, code, what, which, remedy);

    /// <summary>The caller lacks a right.</summary>
    public static Refusal Denied(string code, string what, string which, string remedy) => new(StatusCode.PermissionDenied, code, what, which, remedy);

    /// <summary>The thing does not exist, or not for this caller.</summary>
    public static Refusal NotFound(string code, string what, string which, string remedy) => new(StatusCode.NotFound, code, what, which, remedy);

    /// <summary>The state of things does not allow it now.</summary>
    public static Refusal Precondition(string code, string what, string which, string remedy) => new(StatusCode.FailedPrecondition, code, what, which, remedy);

    /// <summary>A quota is used up.</summary>
    public static Refusal Exhausted(string code, string what, string which, string remedy) => new(StatusCode.ResourceExhausted, code, what, which, remedy);

    /// <summary>Trying again later is right.</summary>
    public static Refusal Unavailable(string code, string what, string which, string remedy) => new(StatusCode.Unavailable, code, what, which, remedy);

    /// <summary>A checksum, root, route or signature does not hold.</summary>
    public static Refusal DataLoss(string code, string what, string which, string remedy) => new(StatusCode.DataLoss, code, what, which, remedy);

    /// <summary>The message form.</summary>
    public ErrorDetail ToDetail() => new()
    {
        Code = Code,
        What = What,
        Which = Which,
        Remedy = Remedy,
        Status = (uint)Status,
        RetryAfterMilliseconds = RetryAfter is { } after ? (uint)Math.Clamp(after.TotalMilliseconds, 0, uint.MaxValue) : 0,
    };

    /// <summary>From the message form. A status number that gRPC does not have becomes Unknown.</summary>
    public static Refusal FromDetail(ErrorDetail detail) =>
        new(detail.Status <= (uint)StatusCode.Unauthenticated ? (StatusCode)detail.Status : StatusCode.Unknown, detail.Code, detail.What, detail.Which, detail.Remedy)
        {
            RetryAfter = detail.RetryAfterMilliseconds > 0 ? TimeSpan.FromMilliseconds(detail.RetryAfterMilliseconds) : null,
        };

    /// <summary>One line for people.</summary>
    public override string ToString() => $"{What} ({Which}) {Remedy} [{Code}]";
}

/// <summary>An operation ended by a refusal.</summary>
public sealed class RefusalException(Refusal refusal) : Exception(refusal.ToString())
{
    /// <summary>Why.</summary>
    public Refusal Refusal { get; } = refusal;
}
