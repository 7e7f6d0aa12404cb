using System.Diagnostics;
using Gateway.Protocol.Errors;
using Npgsql;

namespace Gateway.Cli.Lab;

/// <summary>
/// A PostgreSQL of the lab's own, from the installed server programs: page checksums, commits that last, a Unix socket and no port. PostgreSQL refuses to run as root; there it runs as the user postgres of
/// Debian's package, in a folder that this user can reach.
/// </summary>
/// <param name="folder">Its folder.</param>
internal sealed class PostgresServer(string folder)
{
    private const string Superuser = "gateway";

    private static readonly string[] AsServersUser = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];

    /// <summary>Where the server's programs are; null where there are none.</summary>
    private static string? Programs => Installed().FirstOrDefault(programs => File.Exists(Path.Combine(programs, "initdb")));

    private string Data => Path.Combine(folder, "data");

    private string Connection => $"Host={folder};Username={Superuser};Database=postgres";

    /// <summary>Makes the folder of a new server.</summary>
    /// <param name="beside">Where it lies unless the server runs as another user, who could not get there.</param>
    /// <param name="logFile">What making it says.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="RefusalException">The server's programs are missing, or making it failed.</exception>
    public static string Make(string beside, string logFile)
    {
        string programs = Programs ?? throw new RefusalException(Refusal.Precondition("POSTGRESQL_MISSING", "The lab is to have a PostgreSQL, and its server programs are not here.", "initdb", "Install it (on Debian: apt-get install postgresql), or name the folder of its programs by GATEWAY_POSTGRES_BIN."));
        string folder = Environment.IsPrivilegedProcess ? Directory.CreateTempSubdirectory("gateway-lab-pg-").FullName : Directory.CreateDirectory(beside).FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute); // Also where it was there, empty: its server trusts whoever gets in.
        PostgresServer server = new(folder);
        if (Environment.IsPrivilegedProcess) Run(logFile, "chown", "postgres", folder);
        Run(logFile, [.. AsUser(), Path.Combine(programs, "initdb"), "--pgdata", server.Data, "--data-checksums", "--auth", "trust", "--username", Superuser, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]);
        return folder;
    }

    /// <summary>How the server is started.</summary>
    public string[] StartLine() => [.. AsUser(), Path.Combine(Programs ?? "", "postgres"), "-D", Data, "-k", folder, "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", "shared_buffers=64MB", "-c", "max_connections=300"];

    /// <summary>Makes the schemas of stores that are not there yet; fails while the server does not answer.</summary>
    public async Task MakeSchemasAsync(IEnumerable<string> owners, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = new(Connection + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        foreach (string owner in owners)
        {
            await using NpgsqlCommand command = new($"CREATE SCHEMA IF NOT EXISTS {SchemaOf(owner)}", connection); // A folder's name: small letters, digits, hyphens.
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>The connection string of somebody's store.</summary>
    public string StoreOf(string owner) => $"{Connection};Search Path={SchemaOf(owner)}";

    private static string SchemaOf(string owner) => "s_" + owner.Replace('-', '_');

    private static IEnumerable<string> Installed()
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_POSTGRES_BIN") is { Length: > 0 } stated) yield return stated;
        if (!Directory.Exists("/usr/lib/postgresql")) yield break;
        foreach (string version in Directory.GetDirectories("/usr/lib/postgresql").OrderDescending()) yield return Path.Combine(version, "bin");
    }

    private static string[] AsUser() => Environment.IsPrivilegedProcess ? AsServersUser : [];

    private static void Run(string logFile, params string[] commandLine)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", """log=$1; shift; exec "$@" >>"$log" 2>&1""", "sh", logFile, .. commandLine]) { WorkingDirectory = "/" })
            ?? throw new InvalidOperationException("/bin/sh could not be started.");
        process.WaitForExit();
        if (process.ExitCode == 0) return;
        throw new RefusalException(Refusal.Precondition("POSTGRESQL_FAILED", $"A PostgreSQL for the lab could not be made: {commandLine[0]} ended with {process.ExitCode}.", logFile, string.Join('\n', File.ReadLines(logFile).TakeLast(5).Prepend("The last it wrote:"))));
    }
}
