namespace Gateway.Cli;

/// <summary>What the process ends with (docs/cli.md): scripts decide by it, so a number never changes its meaning.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Refused, or a fault was found.</summary>
    public const int Refused = 1;

    /// <summary>The command line was not understood.</summary>
    public const int Usage = 2;

    /// <summary>The node or the broker cannot be reached.</summary>
    public const int Unavailable = 3;

    /// <summary>Part of the input was bad; the rest went through.</summary>
    public const int PartlyBad = 4;

    /// <summary>A fault of the program.</summary>
    public const int Fault = 70;

    /// <summary>Interrupted by the person or the system.</summary>
    public const int Interrupted = 130;
}
