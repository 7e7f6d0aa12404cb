using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Output;

/// <summary>A refusal in a JSON result.</summary>
/// <param name="Code">Stable code (docs/errors.md).</param>
/// <param name="What">What happened.</param>
/// <param name="Which">The thing it happened to.</param>
/// <param name="Remedy">What to do.</param>
public sealed record Fault(string Code, string What, string Which, string Remedy)
{
    /// <summary>Of a refusal.</summary>
    public static Fault Of(Refusal refusal) => new(refusal.Code, refusal.What, refusal.Which, refusal.Remedy);

    /// <summary>Of a message.</summary>
    public static Fault Of(ErrorDetail detail) => new(detail.Code, detail.What, detail.Which, detail.Remedy);
}
