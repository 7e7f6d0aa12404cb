using Gateway.Protocol.Errors;

namespace Gateway.Broker.Hosting;

/// <summary>One process a folder: two brokers would sign two logs under one key. The system lets the lock go when the process ends, however it ends.</summary>
internal sealed class BrokerLock : IDisposable
{
    private readonly FileStream _file;

    private BrokerLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="RefusalException">Another process runs this folder.</exception>
    public static BrokerLock Take(BrokerFiles files) => Take(files.Lock, files.Directory);

    /// <summary>Takes a lock file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="directory">The folder it stands for.</param>
    /// <exception cref="RefusalException">Another process holds it.</exception>
    public static BrokerLock Take(string path, string directory)
    {
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new BrokerLock(new FileStream(path, options));
        }
        catch (IOException held) when (held is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new RefusalException(Refusal.Precondition(
                "BROKER_RUNS_ALREADY", $"Another process runs this folder, or its lock file cannot be opened: {held.Message}", directory, "Stop the other process, or choose another folder."));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
