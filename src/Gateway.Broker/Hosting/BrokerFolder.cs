namespace Gateway.Broker.Hosting;

/// <summary>Folders that hold a broker's keys: open to their owner only.</summary>
internal static class BrokerFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes a folder, and closes it to others also where it was there before.</summary>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly);
        Close(path);
    }

    /// <summary>Closes a folder to everybody but its owner.</summary>
    /// <exception cref="BrokerOptionsException">There is no such folder, or its mode is not this process's to change.</exception>
    public static void Close(string path)
    {
        if (!Directory.Exists(path)) throw new BrokerOptionsException([$"The folder {path} does not exist: make the broker with 'gateway broker init'."]);
        if (OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == OwnerOnly) return;
        try
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new BrokerOptionsException([$"The folder {path} is open to others and cannot be closed to them ({error.Message}): give it to the broker's user, with mode 0700."]);
        }
    }
}
