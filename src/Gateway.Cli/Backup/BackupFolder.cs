using System.Security.Cryptography;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;

namespace Gateway.Cli.Backup;

/// <summary>A folder of a broker or a node, as a backup sees it: which files it takes, and where the store is.</summary>
internal sealed record BackupFolder(string Path, FolderKind Kind)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The network's name.</summary>
    public string Network => Kind == FolderKind.Broker ? BrokerOptions.Load(Path).Network : new NodeDirectory(Path).ReadSettings().Network;

    /// <summary>PostgreSQL database of the store; empty for the folder's file.</summary>
    public string Database => Kind == FolderKind.Broker ? BrokerOptions.Load(Path).Store : new NodeDirectory(Path).ReadSettings().Store;

    /// <summary>The store's file.</summary>
    public string StoreFile => Kind == FolderKind.Broker ? new BrokerFiles(Path).Store : new NodeDirectory(Path).StoreFile;

    /// <summary>
    /// Paths of everything but the store: settings, keys, certificates. Not what only the running program has (locks, socket, logs), not what a start makes anew (the index), and not how far a node has come: that mark
    /// must never be older than the node.
    /// </summary>
    public IEnumerable<string> Files()
    {
        string store = System.IO.Path.GetFileName(StoreFile);
        return Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories)
            .Select(path => System.IO.Path.GetRelativePath(Path, path))
            .Where(name => !name.StartsWith(store, StringComparison.Ordinal)
                && !name.StartsWith("logs" + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal)
                && System.IO.Path.GetExtension(name) is not (".lock" or ".sock" or ".new" or ".index")
                && name is not ("high-water" or "restored"))
            .Order(StringComparer.Ordinal);
    }

    /// <summary>Copies them for the owner alone. Again and again until none changed meanwhile: keys and options belong together.</summary>
    public void CopyFiles(string target)
    {
        string before = Digest();
        while (true)
        {
            foreach (string name in Files()) CopyFile(System.IO.Path.Combine(Path, name), System.IO.Path.Combine(target, name));
            string after = Digest();
            if (after == before) return;
            before = after;
        }
    }

    /// <summary>What their contents are now.</summary>
    public string Digest()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in Files())
        {
            byte[] content = File.ReadAllBytes(System.IO.Path.Combine(Path, name));
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{name}\n{content.Length}\n"));
            hash.AppendData(content);
            CryptographicOperations.ZeroMemory(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Makes a folder that is its owner's alone.</summary>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Copies a file, with the folders above it, for its owner alone and onto the disk.</summary>
    public static void CopyFile(string from, string to)
    {
        Make(System.IO.Path.GetDirectoryName(to)!);
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using FileStream source = File.OpenRead(from), target = new(to, options);
        source.CopyTo(target);
        target.Flush(flushToDisk: true);
    }
}
