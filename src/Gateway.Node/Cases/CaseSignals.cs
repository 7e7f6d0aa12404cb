using Gateway.Node.Contributions;

namespace Gateway.Node.Cases;

/// <summary>Tells the courier that there is something to send.</summary>
public sealed class CaseSignals(TimeProvider time)
{
    /// <summary>Set when a message was written.</summary>
    public WorkSignal Written { get; } = new(time);
}
