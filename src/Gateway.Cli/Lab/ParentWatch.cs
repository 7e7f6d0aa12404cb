namespace Gateway.Cli.Lab;

/// <summary>
/// Keeps a broker or a node from outliving the command that started it, however that one ends (a lab's PostgreSQL outlives a command that was killed, until `lab down`): the server's standard input is a pipe whose other end only that command holds, so its end is the command's end.
/// (A parent-death signal will not do: it comes when the thread that started the child ends, and .NET starts children on threads that come and go.)
/// </summary>
public static class ParentWatch
{
    /// <summary>Environment variable that asks for the watch; who starts a lab sets it to 1.</summary>
    public const string Variable = "GATEWAY_END_WITH_PARENT";

    /// <summary>What is written into the pipe to let the server go on alone.</summary>
    public const byte Release = (byte)'R';

    private const int ExitCode = 1;

    /// <summary>Watches in the background where the environment asks for it; the process ends at once with its parent, as after a power cut, which stores survive.</summary>
    public static void StartIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) != "1") return;
        Thread thread = new(() => Watch(Console.OpenStandardInput())) { IsBackground = true, Name = nameof(ParentWatch) };
        thread.Start();
    }

    private static void Watch(Stream input)
    {
        using (input)
        {
            if (input.ReadByte() == Release) return;
        }

        Environment.Exit(ExitCode);
    }
}
