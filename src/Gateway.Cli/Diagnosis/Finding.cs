namespace Gateway.Cli.Diagnosis;

/// <summary>What an examination found of one thing.</summary>
/// <param name="Subject">The thing, e.g. clock.</param>
/// <param name="State">ok, warning or fault.</param>
/// <param name="What">How it is.</param>
/// <param name="Remedy">What to do; empty when ok.</param>
public sealed record Finding(string Subject, string State, string What, string Remedy)
{
    /// <summary>As it should be.</summary>
    public static Finding Ok(string subject, string what) => new(subject, "ok", what, "");

    /// <summary>Works, and will not for long.</summary>
    public static Finding Warning(string subject, string what, string remedy) => new(subject, "warning", what, remedy);

    /// <summary>Does not work.</summary>
    public static Finding Fault(string subject, string what, string remedy) => new(subject, "fault", what, remedy);

    /// <summary>Whether it is a fault.</summary>
    public bool IsFault => State == "fault";
}
