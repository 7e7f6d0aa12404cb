namespace Gateway.Storage.Secrets;

/// <summary>The few file operations that secrets are written by. Tests let one of them be the last before a crash.</summary>
public class SecretDisk
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The real disk.</summary>
    public static SecretDisk Real { get; } = new();

    /// <summary>Writes a file anew and through to the disk; readable by its owner only from its first byte on.</summary>
    public virtual void Write(string path, ReadOnlySpan<byte> bytes)
    {
        File.Delete(path);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using FileStream file = new(path, options);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Puts a file in the place of another, in one step.</summary>
    public virtual void Replace(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Deletes a file where there is one.</summary>
    public virtual void Delete(string path) => File.Delete(path);
}
