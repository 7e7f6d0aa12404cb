namespace Gateway.Cli.Lab;

/// <summary>A lab's description and its state, which is written down with every change.</summary>
internal sealed class LabBook
{
    private readonly Lock _lock = new();
    private LabState _state;

    private LabBook(LabFolder folder, LabPlan plan, LabState state) => (Folder, Plan, _state) = (folder, plan, state);

    /// <summary>The folder.</summary>
    public LabFolder Folder { get; }

    /// <summary>The description.</summary>
    public LabPlan Plan { get; }

    /// <summary>The state.</summary>
    public LabState State
    {
        get
        {
            lock (_lock) return _state;
        }
    }

    /// <summary>Names of all processes, in the order in which they start.</summary>
    public IReadOnlyList<string> ProcessNames => [.. Plan.HasPostgres ? [LabProcesses.Postgres] : Array.Empty<string>(), .. Plan.BrokerNames, LabProcesses.Wires, .. Plan.Members.Select(member => member.Folder)];

    /// <summary>Makes the folder of a new lab.</summary>
    public static LabBook Make(LabFolder folder, LabPlan plan, LabState state)
    {
        folder.Make(plan);
        File.WriteAllText(folder.Plan, plan.ToJson());
        state.Write(folder.State);
        return new LabBook(folder, plan, state);
    }

    /// <summary>Reads the lab of a folder.</summary>
    public static LabBook Open(LabFolder folder) => new(folder.Required(), LabPlan.Parse(File.ReadAllText(folder.Plan), folder.Plan), LabState.Read(folder.State));

    /// <summary>Changes the state.</summary>
    public void Change(Func<LabState, LabState> change)
    {
        lock (_lock)
        {
            _state = change(_state);
            _state.Write(Folder.State);
        }
    }

    /// <summary>The process that was started last under a name; null where none was.</summary>
    public ProcessIdentity? Find(string name) => State.Processes.FirstOrDefault(process => process.Name == name)?.Identity;

    /// <summary>Whether the process of a name runs.</summary>
    public bool IsRunning(string name) => Find(name) is { IsRunning: true };

    /// <summary>Notes a process that was started.</summary>
    public void Note(string name, ProcessIdentity identity) =>
        Change(state => state with { Processes = [.. state.Processes.Where(process => process.Name != name), new LabProcess(name, identity)] });
}
