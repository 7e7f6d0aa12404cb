using Gateway.Protocol.Errors;

namespace Gateway.Broker.Hosting;

/// <summary>One process a folder: two brokers would sign two logs under one key. The system lets the lock go when the process ends, however it ends.</summary>
internal sealed class BrokerLock : IDisposable
{
    private readonly FileStream _file;

    private BrokerLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="RefusalException">Another process runs the broker of this folder.</exception>
    public static BrokerLock Take(BrokerFiles files)
    {
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new BrokerLock(new FileStream(files.Lock, options));
        }
        catch (IOException held) when (held is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new RefusalException(Refusal.Precondition(
                "BROKER_RUNS_ALREADY", $"Another process runs the broker of this folder, or its lock file cannot be opened: {held.Message}", files.Directory, "Stop the other process, or choose another folder."));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
