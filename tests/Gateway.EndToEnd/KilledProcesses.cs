namespace Gateway.EndToEnd;

/// <summary>Programs of a network, each in its folder, one of which after the other is killed at any point and started again.</summary>
internal sealed class KilledProcesses : IDisposable
{
    private readonly LocalNetwork _network;
    private readonly (string Role, string Folder)[] _programs;
    private readonly GatewayProcess[] _processes;
    private readonly int[] _killed;

    /// <summary>Starts them all.</summary>
    public KilledProcesses(LocalNetwork network, params (string Role, string Folder)[] programs)
    {
        _network = network;
        _programs = programs;
        _killed = new int[programs.Length];
        _processes = [.. programs.Select(Start)];
    }

    /// <summary>How often each was killed.</summary>
    public IReadOnlyList<int> Killed => _killed;

    /// <summary>Kills one of them so many times, whatever it is doing: starting, catching up, in the middle of a commit.</summary>
    public async Task KillAsync(int times, Random random, int longestPauseMilliseconds)
    {
        for (int kill = 0; kill < times; kill++)
        {
            await Task.Delay(random.Next(50, longestPauseMilliseconds));
            int victim = random.Next(_processes.Length);
            Assert.False(_processes[victim].HasExited, $"{_programs[victim].Folder} ended by itself; see its log");
            _processes[victim].Kill();
            _processes[victim].Dispose();
            _killed[victim]++;
            _processes[victim] = Start(_programs[victim]);
        }
    }

    public void Dispose()
    {
        foreach (GatewayProcess process in _processes) process.Dispose();
    }

    private GatewayProcess Start((string Role, string Folder) program) =>
        GatewayProcess.Start(Path.Combine(_network.Folder, Path.GetFileName(program.Folder) + ".out"), program.Role, "run", "--dir", program.Folder);
}
