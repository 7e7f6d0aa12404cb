using Gateway.Protocol.Errors;

namespace Gateway.Cli.Connect;

/// <summary>What a folder is.</summary>
public enum FolderKind
{
    /// <summary>A broker's.</summary>
    Broker,

    /// <summary>A node's.</summary>
    Node,

    /// <summary>An evaluator's.</summary>
    Evaluator,
}

/// <summary>Finds the folder a command works on: `--dir`, else GATEWAY_DIR, else ./broker or ./node.</summary>
public sealed class Folder(Surroundings surroundings)
{
    /// <summary>Environment variable that names the folder.</summary>
    public const string Variable = "GATEWAY_DIR";

    /// <summary>The folder of one kind; it need not exist.</summary>
    public string Of(string? stated, FolderKind kind)
    {
        string path = stated ?? (surroundings.Environment(Variable) is { Length: > 0 } variable ? variable : kind.ToString().ToLowerInvariant());
        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, surroundings.CurrentDirectory));
    }

    /// <summary>The folder and what it is.</summary>
    /// <exception cref="RefusalException">It is neither a broker's nor a node's.</exception>
    public (string Path, FolderKind Kind) Find(string? stated)
    {
        foreach (FolderKind kind in new[] { FolderKind.Node, FolderKind.Broker })
        {
            string path = Of(stated, kind);
            if (File.Exists(Path.Combine(path, "node.json"))) return (path, FolderKind.Node);
            if (File.Exists(Path.Combine(path, "broker.json"))) return (path, FolderKind.Broker);
        }

        throw new RefusalException(Refusal.Precondition("FOLDER_UNKNOWN", "There is neither a node nor a broker in the folder.", Of(stated, FolderKind.Node), $"Name one with --dir or {Variable}, or make one with `gateway node init` or `gateway broker init`."));
    }
}
