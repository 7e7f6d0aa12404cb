using System.Diagnostics.CodeAnalysis;

namespace Gateway.Matching.Identifiers;

/// <summary>What became of a stated identifier: its normal form, or the reason it has none. Exactly one of the two is set.</summary>
public readonly record struct Normalisation
{
    private Normalisation(Identifier? identifier, Rejection? rejection)
    {
        Identifier = identifier;
        Rejection = rejection;
    }

    /// <summary>The normal form, or null if rejected.</summary>
    public Identifier? Identifier { get; }

    /// <summary>The reason, or null if accepted.</summary>
    public Rejection? Rejection { get; }

    /// <summary>Whether a normal form exists.</summary>
    [MemberNotNullWhen(true, nameof(Identifier))]
    [MemberNotNullWhen(false, nameof(Rejection))]
    public bool IsAccepted => Identifier is not null;

    internal static Normalisation Accepted(IdentifierType type, string value) => new(new Identifier(type, value), null);

    internal static Normalisation Rejected(Rejection rejection) => new(null, rejection);

    /// <summary>Type and outcome: the value stays out of logs.</summary>
    public override string ToString() => Identifier?.ToString() ?? Rejection?.ToString() ?? "nothing";
}
