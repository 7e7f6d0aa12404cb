using Gateway.Protocol.Errors;

namespace Gateway.Node.Identity;

/// <summary>One process a folder: two would write one store and answer on one socket. The system lets the lock go when the process ends, however it ends.</summary>
public sealed class NodeLock : IDisposable
{
    private readonly FileStream _file;

    private NodeLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="RefusalException">Another process runs the node of this folder.</exception>
    public static NodeLock Take(NodeDirectory directory)
    {
        try
        {
            return new NodeLock(new FileStream(directory.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException held) when (held is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new RefusalException(Refusal.Precondition(
                "NODE_RUNS_ALREADY", $"Another process runs the node of this folder, or its lock file cannot be opened: {held.Message}", directory.Path, "Stop the other process, or choose another folder."));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
