namespace Gateway.Cli.Tests.Repository;

/// <summary>A fact that is skipped, visibly, on a machine without a program; never in continuous integration, which installs it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsProgramFactAttribute : FactAttribute
{
    public NeedsProgramFactAttribute(string program)
    {
        Program = program;
        if (!Checkout.Has(program)) Skip = $"{program} is missing. On Debian, as root: apt-get install {program}";
    }

    public string Program { get; }
}
