namespace Gateway.Matching.Identifiers;

/// <summary>A type's own answer about a cleaned value: its normal form, or the rule it breaks with the reason in words.</summary>
internal readonly record struct Verdict(string? Value, string Rule, string Reason)
{
    internal static Verdict Accept(string value) => new(value, "", "");

    internal static Verdict Refuse(string rule, string reason) => new(null, rule, reason);
}
